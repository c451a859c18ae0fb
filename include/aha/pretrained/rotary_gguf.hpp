#pragma once

#include <ATen/core/Tensor.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/pretrained/gguf.hpp>
#include <aha/pretrained/gguf_dequantize.hpp>

/// Rotary positions in a GGUF file.
namespace aha::detail {

/// The decimal number that was meant: GGUF keeps 1e-5 as the float32 0.00000999999974.
inline double shortest_decimal(double stored) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits - 1, static_cast<float>(stored)).ptr;
    *end = '\0';
    return std::strtod(digits, nullptr);
}

/// The numbers of a tensor with one for each pair of a head's dimensions.
inline std::vector<double> one_a_pair(const gguf_file& file, const std::string& name, const decoder_config& c) {
    const at::Tensor stored = dequantize(file, name).contiguous();
    require(stored.dim() == 1 && stored.numel() == c.head_dim / 2, file.path().string(), ": ", name, " has ",
            stored.numel(), " numbers, not half of head_dim ", c.head_dim);
    const float* const numbers = stored.const_data_ptr<float>();
    return {numbers, numbers + stored.numel()};
}

/// How often the `i`-th pair of dimensions turns in `context` tokens.
inline double turns_of(std::size_t i, double context, const decoder_config& c) {
    return context / (2 * std::numbers::pi *
                      std::pow(c.rope_theta, 2.0 * static_cast<double>(i) / static_cast<double>(c.head_dim)));
}

/// True if `s` divides the frequencies of such heads by `divisors`, but for what float32 rounds.
inline bool gives_divisors(const llama3_scaling& s, const std::vector<double>& divisors, const decoder_config& c) {
    for (std::size_t i = 0; i < divisors.size(); ++i) {
        const double smooth = std::clamp((turns_of(i, s.original_context, c) - s.low_frequency_factor) /
                                             (s.high_frequency_factor - s.low_frequency_factor),
                                         0.0, 1.0);
        const double divisor = 1 / ((1 - smooth) / s.factor + smooth);
        if (!(std::abs(divisor - divisors[i]) <= 1e-4 * divisor)) return false;
    }
    return true;
}

/// A scaling whose ramp goes through what `divisors` say. Turns are those in 8192 tokens: the original context may be
/// any number, since only its ratio to the waves at both ends of the ramp counts. Where one wave or none lies on the
/// ramp, many would do; this is one.
inline llama3_scaling scaling_through(const std::vector<double>& divisors, const decoder_config& c) {
    struct point {
        double turns, kept;
    };
    const double factor = *std::ranges::max_element(divisors);
    std::vector<point> ramp;
    double whole = 0, left_alone = std::numeric_limits<double>::infinity();  // the ramp's neighbors
    for (std::size_t i = 0; i < divisors.size(); ++i) {
        const double turns = turns_of(i, 8192, c);
        if (divisors[i] > factor * 0.9999) whole = std::max(whole, turns);
        else if (divisors[i] < 1.0001) left_alone = std::min(left_alone, turns);
        else ramp.push_back({turns, (1 / divisors[i] - 1 / factor) / (1 - 1 / factor)});
    }
    llama3_scaling s{.factor = factor, .low_frequency_factor = whole, .high_frequency_factor = left_alone};
    if (ramp.empty()) {
        if (std::isinf(left_alone)) s.high_frequency_factor = 2 * whole;
        return s;
    }
    const point &first = ramp.front(), &last = ramp.back();
    const double slope = ramp.size() > 1 ? (first.kept - last.kept) / (first.turns - last.turns)
                                         : std::max(first.kept / (first.turns - std::max(whole, first.turns / 2)),
                                                    (1 - first.kept) / (left_alone - first.turns));
    s.low_frequency_factor = last.turns - last.kept / slope;
    s.high_frequency_factor = s.low_frequency_factor + 1 / slope;
    return s;
}

/// llama.cpp stores Llama 3's scaling as a divisor of each frequency, not as its parameters: those of released models
/// are tried first, then what the divisors say. Throws `aha::error` if they are no such scaling's.
inline std::optional<llama3_scaling> scaling_from_divisors(const gguf_file& file, const decoder_config& c) {
    const std::vector<double> divisors = one_a_pair(file, "rope_freqs.weight", c);
    if (std::ranges::all_of(divisors, [](double d) { return d == 1; })) return std::nullopt;
    llama3_scaling s{.factor = *std::ranges::max_element(divisors)};
    if (gives_divisors(s, divisors, c)) return s;
    for (double context = 64; context <= 1 << 22; context *= 2) {
        s.original_context = context;
        if (gives_divisors(s, divisors, c)) return s;
    }
    s = scaling_through(divisors, c);
    require(s.low_frequency_factor > 0 && s.high_frequency_factor > s.low_frequency_factor &&
                gives_divisors(s, divisors, c),
            file.path().string(),
            ": rope_freqs.weight is not the Llama 3 scaling of rotary frequencies, which is the only one supported");
    return s;
}

/// How positions are stretched, by llama.cpp's rules: a factor without a type is linear, one of "none" means nothing.
/// It does not look at yarn_attn_factor, which some converters write as a factor and others as the whole, and so do not
/// we. YaRN's betas are taken as the file says them.
inline std::optional<rotary_scaling> rotary_scaling_from_gguf(const gguf_file& file, const decoder_config& c) {
    const std::string where = file.path().string(), prefix = c.architecture + ".rope.", scaling = prefix + "scaling.";
    const auto number = [&](const std::string& key) {
        const auto stored = file.number(key);
        return stored ? std::optional{shortest_decimal(*stored)} : std::nullopt;
    };
    const std::string type = file.text(scaling + "type").value_or("linear");
    const auto named = number(scaling + "factor"), old_name = number(prefix + "scale_linear");
    const double stored_factor = named.value_or(old_name.value_or(0)), factor = stored_factor == 0 ? 1 : stored_factor;
    const double magnitude = number(scaling + "attn_factor").value_or(1);
    const double original = static_cast<double>(file.integer(scaling + "original_context_length").value_or(c.context));
    const bool has_divisors = file.tensors().contains("rope_freqs.weight");
    const auto refuse_divisors = [&] {
        require(!has_divisors, where, ": rope_freqs.weight beside ", type, " scaling of positions is not supported");
    };
    if (type == "yarn") {
        refuse_divisors();
        yarn_scaling s;
        s.factor = factor;
        s.original_context = original;
        s.beta_fast = number(scaling + "yarn_beta_fast").value_or(32);
        s.beta_slow = number(scaling + "yarn_beta_slow").value_or(1);
        if (magnitude != 1) s.attention_factor = magnitude * (factor <= 1 ? 1 : 1 + 0.1 * std::log(factor));
        return s;
    }
    if (type == "longrope") {
        refuse_divisors();
        require(factor == 1, where, ": ", scaling, "factor ", factor, " beside longrope is not supported");
        longrope_scaling s;
        s.original_context = original;
        s.short_factors = one_a_pair(file, "rope_factors_short.weight", c);
        s.long_factors = one_a_pair(file, "rope_factors_long.weight", c);
        s.factor = std::max(1.0, static_cast<double>(c.context) / original);
        s.attention_factor = magnitude;
        return s;
    }
    require(type == "none" || type == "linear", where, ": the rotary scaling ", shown_name(type),
            " is not supported (only none, linear, yarn, longrope)");
    require(magnitude == 1, where, ": ", scaling, "attn_factor ", magnitude,
            " without yarn or longrope is not supported");
    if (type == "linear" && factor != 1) {
        refuse_divisors();
        return linear_scaling{factor};
    }
    if (!has_divisors) return std::nullopt;
    return scaling_from_divisors(file, c);
}

}  // namespace aha::detail
