#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include <aha/core/error.hpp>
#include <aha/kernels/fast_exp.hpp>
#include <aha/kernels/lanes.hpp>
#include <aha/kernels/log_sum.hpp>
#include <aha/rollout/likeliest_tokens.hpp>
#include <aha/rollout/sampling_options.hpp>

namespace aha {

/// A drawn token and its log-probabilities before any truncation.
struct sampled_token {
    std::int64_t id = 0;          ///< the token
    float log_prob = 0;           ///< at temperature 1
    float behavior_log_prob = 0;  ///< at the sampling temperature (at temperature 1 when greedy)
    float entropy = 0;            ///< of the model's distribution at temperature 1, nats
};

namespace detail {

/// Draws from all of `logits` by walking the cumulative sum block by block.
inline std::int64_t draw_among_all(std::span<const float> logits, const log_sum& sum, float inverse_temperature,
                                   double uniform) {
    constexpr std::size_t block = log_sum_block;
    double left = uniform * sum.total;
    std::size_t from = 0;
    for (; from + block < logits.size(); from += block) {
        const float* data = logits.data() + from;
        const float mass = lane_sum(static_cast<std::int64_t>(block), [=, top = sum.top](std::int64_t i) {
            return fast_exp(inverse_temperature * (data[i] - top));
        });
        if (left < mass) break;
        left -= mass;
    }
    for (std::size_t i = from; i < logits.size(); ++i) {
        if (std::isinf(logits[i])) continue;  // a suppressed token has no mass
        if ((left -= fast_exp(inverse_temperature * (logits[i] - sum.top))) < 0) return static_cast<std::int64_t>(i);
    }
    std::size_t last = logits.size() - 1;  // rounding left some mass over: it belongs to the last token that has any
    while (std::isinf(logits[last])) --last;
    return static_cast<std::int64_t>(last);
}

}  // namespace detail

/// Draws one token from a row of logits. Order of truncation as in transformers: temperature, top-k, top-p, min-p.
/// Pure: the result depends on the arguments alone. Throws `aha::error` for logits that are NaN or infinite and where
/// no token may be drawn.
/// @param logits [V] of the model
/// @param allowed [V] the same with suppressed tokens at minus infinity; may be `logits` itself
/// @param uniform the random number, in [0, 1)
inline sampled_token pick_token(std::span<const float> logits, std::span<const float> allowed,
                                const sampling_options& options, double uniform) {
    const auto [model, entropy] = log_sum_and_entropy_of(logits);
    require(std::isfinite(model.top) && std::isfinite(model.total), "the model's logits contain a NaN or an infinity");
    require(std::any_of(allowed.begin(), allowed.end(), [](float x) { return !std::isinf(x); }),
            "no token is left to draw: all are suppressed");
    const bool greedy = options.temperature == 0;
    const double inverse = greedy ? 1.0 : 1.0 / options.temperature;
    const auto inverse_f = static_cast<float>(inverse);
    const bool unrestricted = allowed.data() == logits.data();
    sampled_token picked;
    if (greedy) {
        picked.id = std::max_element(allowed.begin(), allowed.end()) - allowed.begin();
    } else if (options.top_k == 0 && options.top_p >= 1 && options.min_p <= 0) {
        const log_sum sum = unrestricted && inverse == 1 ? log_sum{model} : log_sum_of(allowed, inverse_f);
        picked.id = detail::draw_among_all(allowed, sum, inverse_f, uniform);
    } else {
        const float top = unrestricted
                              ? model.top
                              : lane_max(std::ssize(allowed), [x = allowed.data()](std::int64_t i) { return x[i]; });
        const bool all_count = options.top_p < 1 || options.top_k > 0;  // for the mass that is left, or its number
        detail::likeliest_tokens tokens{allowed, top, inverse_f, all_count ? 0 : options.min_p};
        if (options.top_k > 0) tokens.keep_count(options.top_k);
        if (options.top_p < 1) tokens.keep_mass(options.top_p);
        if (options.min_p > 0) tokens.keep_at_least(options.min_p);
        picked.id = tokens.draw(uniform);
    }
    picked.entropy = static_cast<float>(entropy);
    const float logit = logits[static_cast<std::size_t>(picked.id)];
    picked.log_prob = static_cast<float>(logit - model.value(1.0));
    picked.behavior_log_prob = inverse == 1
                                   ? picked.log_prob
                                   : static_cast<float>(inverse * logit - log_sum_of(logits, inverse_f).value(inverse));
    return picked;
}

}  // namespace aha
