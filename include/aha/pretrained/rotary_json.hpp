#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/pretrained/config_reader.hpp>
#include <aha/model/decoder_config.hpp>

/// Rotary positions in a config.json.
namespace aha::detail {

inline double needed_number(config_reader& in, const char* key) {
    const auto number = in.number(key);
    require(number.has_value(), in.where(), " has no ", key);
    return *number;
}

/// The original context: the one at the top of the file if there is one, else the one among the parameters, else the
/// configured context.
inline double original_context(config_reader& in, std::optional<double> at_the_top, const decoder_config& c) {
    const auto own = in.number("original_max_position_embeddings");
    return at_the_top.value_or(own.value_or(static_cast<double>(c.context)));
}

/// Of YaRN and LongRoPE: where the factor is null, the contexts say it.
inline double factor_or_ratio(config_reader& in, double original, const decoder_config& c) {
    require(original > 0, in.where(), ": original_max_position_embeddings must be positive, not ", original);
    return in.number("factor").value_or(static_cast<double>(c.context) / original);
}

/// A number that transformers takes for missing where it is 0.
inline double number_or(config_reader& in, const char* key, double otherwise) {
    const double number = in.number(key).value_or(otherwise);
    return number == 0 ? otherwise : number;
}

inline rotary_scaling read_scaling(config_reader& in, const std::string& type, std::optional<double> at_the_top,
                                   const decoder_config& c) {
    if (type == "linear") return linear_scaling{needed_number(in, "factor")};
    if (type == "dynamic") return dynamic_scaling{needed_number(in, "factor")};
    if (type == "llama3") {
        llama3_scaling s;
        s.factor = needed_number(in, "factor");
        s.low_frequency_factor = needed_number(in, "low_freq_factor");
        s.high_frequency_factor = needed_number(in, "high_freq_factor");
        s.original_context = original_context(in, at_the_top, c);
        return s;
    }
    if (type == "yarn") {
        yarn_scaling s;
        s.original_context = original_context(in, at_the_top, c);
        s.factor = factor_or_ratio(in, s.original_context, c);
        s.attention_factor = in.number("attention_factor");
        s.beta_fast = number_or(in, "beta_fast", 32);
        s.beta_slow = number_or(in, "beta_slow", 1);
        s.mscale = in.number("mscale");
        s.mscale_all_dim = in.number("mscale_all_dim");
        const bool null_is_false = in.has_null("truncate");
        s.truncate = in.flag("truncate").value_or(!null_is_false);
        return s;
    }
    require(type == "longrope", in.where(), ": the rope type ", shown_name(type),
            " is not supported (only default, linear, dynamic, yarn, longrope and llama3)");
    longrope_scaling s;
    s.original_context = original_context(in, at_the_top, c);
    s.factor = factor_or_ratio(in, s.original_context, c);
    s.attention_factor = in.number("attention_factor");
    s.short_factors = in.numbers("short_factor");
    s.long_factors = in.numbers("long_factor");
    return s;
}

/// Both spellings, resolved as transformers 5.23 does: `rope_scaling`, if it says anything, stands in the place of the
/// whole of `rope_parameters`; a base that is missing there is `rope_theta` at the top, else 10000.
inline void read_rotary(config_reader& in, decoder_config& c) {
    in.refuse("partial_rotary_factor", {1, 1.0});
    const auto theta = in.number("rope_theta"), at_the_top = in.number("original_max_position_embeddings");
    nlohmann::json parameters = in.take("rope_parameters"), scaling = in.take("rope_scaling");
    const bool old_one = !scaling.is_null() && !scaling.empty();
    const bool both = old_one && !parameters.is_null() && !parameters.empty();
    nlohmann::json chosen = old_one ? std::move(scaling) : std::move(parameters);
    config_reader rope{chosen.is_null() ? nlohmann::json::object() : std::move(chosen),
                       in.where() + (old_one ? ": rope_scaling" : ": rope_parameters")};
    rope.refuse("partial_rotary_factor", {1, 1.0});
    const auto own_theta = rope.number("rope_theta");
    c.rope_theta = own_theta.value_or(theta.value_or(10000));
    if (both && !own_theta && !theta)
        in.note(in.where() + ": rope_scaling stands in the place of rope_parameters, so the rotary base is 10000");
    const auto old_name = rope.text("type");
    const std::string type = rope.text("rope_type").value_or(old_name.value_or("default"));
    if (type != "default") c.rope_scaling = read_scaling(rope, type, at_the_top, c);
    for (const auto& [name, part] : rope.rest().items()) {
        require(!part.is_object(), rope.where(), ": parameters for ", shown_name(name), " alone are not supported");
        in.note(rope.where() + ": " + shown_name(name) + " means nothing for the rope type " + shown_name(type) +
                " and was passed over");
    }
}

/// The parameters that transformers 4 and 5 read, without the base.
inline nlohmann::json rotary_to_json(const std::optional<rotary_scaling>& scaling) {
    if (!scaling) return {{"rope_type", "default"}};
    nlohmann::json value = std::visit(
        []<class Scaling>(const Scaling& s) {
            nlohmann::json all = {{"factor", s.factor}};
            if constexpr (requires { s.original_context; })
                all["original_max_position_embeddings"] = static_cast<std::int64_t>(s.original_context);
            if constexpr (requires { s.attention_factor; })
                if (s.attention_factor) all["attention_factor"] = *s.attention_factor;
            if constexpr (std::is_same_v<Scaling, linear_scaling>) all["rope_type"] = "linear";
            if constexpr (std::is_same_v<Scaling, dynamic_scaling>) all["rope_type"] = "dynamic";
            if constexpr (std::is_same_v<Scaling, llama3_scaling>) {
                all["rope_type"] = "llama3";
                all["low_freq_factor"] = s.low_frequency_factor;
                all["high_freq_factor"] = s.high_frequency_factor;
            }
            if constexpr (std::is_same_v<Scaling, yarn_scaling>) {
                all["rope_type"] = "yarn";
                all["beta_fast"] = s.beta_fast;
                all["beta_slow"] = s.beta_slow;
                if (s.mscale) all["mscale"] = *s.mscale;
                if (s.mscale_all_dim) all["mscale_all_dim"] = *s.mscale_all_dim;
                if (!s.truncate) all["truncate"] = false;
            }
            if constexpr (std::is_same_v<Scaling, longrope_scaling>) {
                all["rope_type"] = "longrope";
                all["short_factor"] = s.short_factors;
                all["long_factor"] = s.long_factors;
            }
            return all;
        },
        *scaling);
    return value;
}

}  // namespace aha::detail
