#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <variant>
#include <vector>

#include <aha/core/error.hpp>

namespace aha {

/// Llama 3's stretching of rotary frequencies for long contexts.
struct llama3_scaling {
    double factor = 8;                 ///< by how much the longest waves are stretched
    double low_frequency_factor = 1;   ///< waves longer than context / this are stretched whole
    double high_frequency_factor = 4;  ///< waves shorter than context / this are left alone
    double original_context = 8192;    ///< the context of pretraining, in tokens
    bool operator==(const llama3_scaling&) const = default;
};

/// Positions are divided by a number (Chen et al. 2023, position interpolation).
struct linear_scaling {
    double factor = 1;  ///< the divisor
    bool operator==(const linear_scaling&) const = default;
};

/// The base grows with the length of the text once that is over the configured context ("dynamic NTK"): every token of
/// a longer text is turned by other angles than in a shorter one.
struct dynamic_scaling {
    double factor = 1;  ///< how fast the base grows
    bool operator==(const dynamic_scaling&) const = default;
};

/// YaRN (Peng et al. 2023): long waves are stretched, short ones are left alone, a ramp lies between, and attention is
/// sharpened.
struct yarn_scaling {
    double factor = 1;                            ///< by how much the long waves are stretched
    double original_context = 0;                  ///< the context of pretraining, in tokens
    std::optional<double> attention_factor = {};  ///< of queries and keys each; none: by YaRN's rule from `factor`
    double beta_fast = 32;                        ///< turns in the original context from which waves are left alone
    double beta_slow = 1;                         ///< turns up to which they are stretched whole
    std::optional<double> mscale = {};            ///< with `mscale_all_dim`: DeepSeek's rule for attention_factor
    std::optional<double> mscale_all_dim = {};    ///< see `mscale`
    bool truncate = true;                         ///< the ramp begins and ends at whole dimensions
    bool operator==(const yarn_scaling&) const = default;
};

/// LongRoPE (Ding et al. 2024): each wave has a divisor of its own, one for texts up to the original context and
/// another for longer ones.
struct longrope_scaling {
    std::vector<double> short_factors, long_factors;  ///< [head_dim / 2] each
    double factor = 1;                                ///< the context over the original one
    double original_context = 0;                      ///< the context of pretraining, in tokens
    std::optional<double> attention_factor = {};      ///< of queries and keys each; none: by the paper's rule
    bool operator==(const longrope_scaling&) const = default;
};

/// How rotary angles are stretched for long contexts.
using rotary_scaling = std::variant<llama3_scaling, linear_scaling, dynamic_scaling, yarn_scaling, longrope_scaling>;

/// What the angles of rotary positions depend on.
struct rotary_shape {
    std::int64_t head_dim = 0;                   ///< d, even
    double theta = 10000;                        ///< base of the angles
    std::optional<rotary_scaling> scaling = {};  ///< how they are stretched; none if they are not
    std::int64_t context = 0;                    ///< the configured context, in tokens
};

/// The longest text whose angles do not depend on its length, if there is such a limit: up to it a text and its
/// beginnings are turned alike.
inline std::optional<std::int64_t> same_angles_up_to(const rotary_shape& shape) {
    if (!shape.scaling) return std::nullopt;
    if (std::holds_alternative<dynamic_scaling>(*shape.scaling)) return shape.context;
    if (const auto* const s = std::get_if<longrope_scaling>(&*shape.scaling))
        return static_cast<std::int64_t>(s->original_context);
    return std::nullopt;
}

/// Throws `aha::error` unless the numbers of `shape`'s scaling make sense.
inline void validate_scaling(const rotary_shape& shape) {
    if (!shape.scaling) return;
    std::visit(
        [&]<class Scaling>(const Scaling& s) {
            require(s.factor >= 1 && s.factor <= 1e6, "a rotary scaling factor must lie in 1 .. 1000000, not ",
                    s.factor);
            if constexpr (requires { s.original_context; })
                require(s.original_context >= 1 && s.original_context <= 1e9 &&
                            s.original_context == std::floor(s.original_context),
                        "rotary scaling needs an original context of 1 .. 1000000000 tokens, not ", s.original_context);
            if constexpr (requires { s.attention_factor; })
                require(!s.attention_factor || (*s.attention_factor > 0 && *s.attention_factor <= 1e6),
                        "the attention factor of rotary scaling must be positive, not ",
                        s.attention_factor.value_or(0));
            if constexpr (std::is_same_v<Scaling, llama3_scaling>)
                require(s.low_frequency_factor >= 1e-6 && s.high_frequency_factor > s.low_frequency_factor &&
                            s.high_frequency_factor <= 1e6,
                        "rotary scaling needs low_freq_factor < high_freq_factor, both in 1e-6 .. 1e6, not ",
                        s.low_frequency_factor, " and ", s.high_frequency_factor);
            if constexpr (std::is_same_v<Scaling, dynamic_scaling>)
                require(shape.head_dim > 2, "dynamic rotary scaling needs a head_dim above 2, not ", shape.head_dim);
            if constexpr (std::is_same_v<Scaling, yarn_scaling>) {
                require(s.beta_slow > 0 && s.beta_fast > 0 && s.beta_slow <= 1e6 && s.beta_fast <= 1e6,
                        "YaRN needs a positive beta_slow and beta_fast of at most 1e6, not ", s.beta_slow, " and ",
                        s.beta_fast);
                for (const std::optional<double>& scale : {s.mscale, s.mscale_all_dim})
                    require(!scale || (*scale >= 0 && *scale <= 1e6), "YaRN's mscale and mscale_all_dim must not be ",
                            "negative: ", scale.value_or(0));
            }
            if constexpr (std::is_same_v<Scaling, longrope_scaling>)
                for (const std::vector<double>* factors : {&s.short_factors, &s.long_factors}) {
                    require(std::ssize(*factors) == shape.head_dim / 2, "LongRoPE needs ", shape.head_dim / 2,
                            " short and long factors, not ", factors->size());
                    for (const double f : *factors)
                        require(f > 0 && f <= 1e6, "a factor of LongRoPE must be positive, not ", f);
                }
        },
        *shape.scaling);
}

}  // namespace aha
