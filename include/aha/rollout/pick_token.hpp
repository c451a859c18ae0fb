#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/sampling_rule.hpp>
#include <aha/kernels/fast_exp.hpp>
#include <aha/kernels/lanes.hpp>
#include <aha/kernels/log_sum.hpp>
#include <aha/rollout/sampling_options.hpp>

namespace aha::detail {

/// The tokens of a row of logits from the likeliest on, without sorting the row: buckets of equal width on the scale of
/// log-probabilities hold the tokens' mass, and a bucket is sorted only when the order within it matters. Equal logits
/// go by id. Masses are relative to the likeliest token's, made in float32 and added in double; the order of additions
/// depends on the row alone.
///
/// Reads the row once for the buckets, with an exponential a token, and once more for each bucket that is sorted.
class likeliest_tokens {
public:
    /// @param logits [V]; minus infinity: never drawn. Must outlive this
    /// @param top the greatest of them, finite
    /// @param inverse_temperature multiplies differences of logits
    /// @param least tokens whose mass is below this share of the likeliest token's will be cut off, whatever comes:
    /// they
    ///     need not be looked at
    likeliest_tokens(std::span<const float> logits, float top, float inverse_temperature, double least = 0)
        : logits_{logits},
          top_{top},
          inverse_{inverse_temperature},
          scale_{std::min(1e30F, inverse_temperature * buckets_a_nat)} {
        fill(least > 0 ? logit_of(least) - 1 / scale_ : -infinity);  // a bucket more, for rounding
    }

    /// Cuts off what comes after the `count` likeliest tokens.
    void keep_count(std::int64_t count) {
        std::array<std::int32_t, buckets> counts{};
        for (const float logit : logits_) counts[bucket_of(logit)] += std::isinf(logit) ? 0 : 1;
        std::int64_t seen = 0;
        for (std::size_t b = 0; b <= last_; ++b) {
            if (seen + counts[b] >= count) {
                const std::vector<std::int32_t> ids = sorted(b);
                return cut_to(b, std::span{ids}.first(static_cast<std::size_t>(count - seen)));
            }
            seen += counts[b];
        }
    }

    /// Cuts off what comes after the likeliest tokens whose masses come to `share` of the mass that is left; one is
    /// left at least.
    void keep_mass(double share) {
        const double need = share * kept_mass();
        double seen = 0;
        for (std::size_t b = 0; b <= last_; ++b) {
            if (masses_[b] > 0 && seen + masses_[b] >= need) {
                const std::vector<std::int32_t> ids = sorted(b);
                std::size_t n = 0;
                while (n < ids.size() && (n == 0 || seen < need)) seen += mass(ids[n++]);
                return cut_to(b, std::span{ids}.first(n));
            }
            seen += masses_[b];
        }
    }

    /// Cuts off tokens whose mass is below `least`, a share of the likeliest token's, which stays.
    void keep_at_least(double least) {
        // Buckets before that of the least logit, and before its neighbor, for rounding, are kept whole.
        const std::size_t doubtful = bucket_of(logit_of(least));
        for (std::size_t b = doubtful == 0 ? 0 : doubtful - 1; b <= last_; ++b) {
            if (masses_[b] == 0 && b <= doubtful) continue;
            const std::vector<std::int32_t> ids = sorted(b);
            const auto enough = [&](std::int32_t id) {
                return logits_[static_cast<std::size_t>(id)] >= top_ || mass(id) >= least;
            };
            const auto end = std::partition_point(ids.begin(), ids.end(), enough);
            if (end != ids.end() || b > doubtful) return cut_to(b, std::span{ids.begin(), end});
        }
    }

    /// The token at `uniform`, in [0, 1), of the mass that is left, the likeliest tokens first.
    std::int64_t draw(double uniform) const {
        double left = uniform * kept_mass();
        for (std::size_t b = 0; b <= last_; ++b) {
            if (masses_[b] == 0) continue;
            if (left >= masses_[b]) {
                left -= masses_[b];
                continue;
            }
            const std::vector<std::int32_t> ids = sorted(b);
            for (const std::int32_t id : ids)
                if ((left -= mass(id)) < 0) return id;
            return ids.back();
        }
        std::size_t b = last_;  // rounding left some mass over: it belongs to the last token
        while (masses_[b] == 0) --b;
        return sorted(b).back();
    }

private:
    static constexpr std::size_t buckets = 2048;
    static constexpr float buckets_a_nat = 64;  // the last bucket begins at 32 nats, exp(-32) = 1e-14
    static constexpr float infinity = std::numeric_limits<float>::infinity();

    /// Monotone in the logit: equal ones share a bucket.
    std::int32_t place_of(float logit) const {
        return static_cast<std::int32_t>(std::min((top_ - logit) * scale_, static_cast<float>(buckets - 1)));
    }
    std::size_t bucket_of(float logit) const { return static_cast<std::size_t>(place_of(logit)); }
    float mass_at(float logit) const { return fast_exp(inverse_ * (logit - top_)); }
    float mass(std::int32_t id) const { return mass_at(logits_[static_cast<std::size_t>(id)]); }
    /// The logit of that mass, but for rounding.
    float logit_of(double mass) const {
        return std::min(top_, static_cast<float>(top_ + std::log(mass) / static_cast<double>(inverse_)));
    }

    /// @param from blocks without a logit of at least this are passed over
    void fill(float from) {
        constexpr std::size_t block = 64, copies = 2;  // copies, so that additions do not wait for one another
        std::array<std::array<double, buckets>, copies> masses{};
        std::array<float, block> mass_here;
        std::array<std::int32_t, block> place_here;
        for (std::size_t begin = 0; begin < logits_.size(); begin += block) {
            const std::size_t n = std::min(block, logits_.size() - begin);
            const float* const x = logits_.data() + begin;
            int counted = 0;
            for (std::size_t i = 0; i < n; ++i) counted += x[i] >= from ? 1 : 0;
            if (counted == 0) continue;
            for (std::size_t i = 0; i < n; ++i) {
                place_here[i] = place_of(x[i]);
                mass_here[i] = x[i] > -infinity ? mass_at(x[i]) : 0;
            }
            std::size_t i = 0;
            for (; i + copies <= n; i += copies)
                for (std::size_t copy = 0; copy < copies; ++copy)
                    masses[copy][static_cast<std::size_t>(place_here[i + copy])] += mass_here[i + copy];
            for (; i < n; ++i) masses[0][static_cast<std::size_t>(place_here[i])] += mass_here[i];
        }
        for (std::size_t b = 0; b < buckets; ++b) masses_[b] = masses[0][b] + masses[1][b];
    }

    /// The ids in bucket `b` that are kept, likeliest first.
    std::vector<std::int32_t> sorted(std::size_t b) const {
        std::vector<std::int32_t> ids;
        constexpr std::size_t block = 64;
        const auto place = static_cast<std::int32_t>(b);
        for (std::size_t from = 0; from < logits_.size(); from += block) {
            const std::size_t n = std::min(block, logits_.size() - from);
            const float* const x = logits_.data() + from;
            int here = 0;
            for (std::size_t i = 0; i < n; ++i) here += place_of(x[i]) == place ? 1 : 0;
            if (here == 0) continue;
            for (std::size_t i = 0; i < n; ++i) {
                const auto id = static_cast<std::int32_t>(from + i);
                if (place_of(x[i]) == place && !std::isinf(x[i])) ids.push_back(id);
            }
        }
        std::sort(ids.begin(), ids.end(), [this](std::int32_t one, std::int32_t other) {
            const float x = logits_[static_cast<std::size_t>(one)], y = logits_[static_cast<std::size_t>(other)];
            return x > y || (x == y && one < other);
        });
        if (b == last_) ids.resize(std::min(ids.size(), kept_of_last_));
        return ids;
    }

    double kept_mass() const {
        double sum = 0;
        for (std::size_t b = 0; b <= last_; ++b) sum += masses_[b];
        return sum;
    }

    /// Of bucket `b` `ids` are kept, the first in its order, and of those behind it none.
    void cut_to(std::size_t b, std::span<const std::int32_t> ids) {
        last_ = b;
        kept_of_last_ = ids.size();
        masses_[b] = 0;
        for (const std::int32_t id : ids) masses_[b] += mass(id);
    }

    std::span<const float> logits_;
    float top_;
    float inverse_, scale_;
    std::array<double, buckets> masses_{};                                // of what is kept
    std::size_t last_ = buckets - 1;                                      // nothing is kept of the buckets behind it
    std::size_t kept_of_last_ = std::numeric_limits<std::size_t>::max();  // tokens
};

}  // namespace aha::detail

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

/// Draws one token from a row of logits as `sampling_rule` says.
/// Pure: the result depends on the arguments alone. Throws `aha::error` for logits that are NaN or infinite and where
/// no token may be drawn.
/// @param logits [V] of the model
/// @param allowed [V] the same with suppressed tokens at minus infinity; may be `logits` itself
/// @param uniform the random number, in [0, 1)
inline sampled_token pick_token(std::span<const float> logits, std::span<const float> allowed,
                                const sampling_options& options, double uniform) {
    const sampling_rule rule = options.rule();
    const auto [model, entropy] = log_sum_and_entropy_of(logits);
    require(std::isfinite(model.top) && std::isfinite(model.total), "the model's logits contain a NaN or an infinity");
    require(std::any_of(allowed.begin(), allowed.end(), [](float x) { return !std::isinf(x); }),
            "no token is left to draw: all are suppressed");
    const double inverse = rule.inverse_temperature();
    const auto inverse_f = static_cast<float>(inverse);
    const bool unrestricted = allowed.data() == logits.data();
    sampled_token picked;
    if (rule.greedy()) {
        picked.id = std::max_element(allowed.begin(), allowed.end()) - allowed.begin();
    } else if (!rule.cuts()) {
        const log_sum sum = unrestricted && inverse == 1 ? log_sum{model} : log_sum_of(allowed, inverse_f);
        picked.id = detail::draw_among_all(allowed, sum, inverse_f, uniform);
    } else {
        const float top = unrestricted
                              ? model.top
                              : lane_max(std::ssize(allowed), [x = allowed.data()](std::int64_t i) { return x[i]; });
        detail::likeliest_tokens tokens{allowed, top, inverse_f, rule.cuts_by_order() ? 0 : rule.min_p};
        rule.cut(tokens);
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
