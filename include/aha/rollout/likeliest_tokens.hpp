#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <aha/core/fast_exp.hpp>

namespace aha::detail {

/// The tokens of a row of logits from the likeliest on, without sorting the row: buckets of equal width on the scale of
/// log-probabilities hold the tokens' mass, and a bucket is sorted only when the order within it matters. Equal logits
/// go by id. Masses are relative to the likeliest token's, in double; the order of their additions depends on the row
/// alone.
///
/// Reads the row once for the buckets, with an exponential a token, and once more for each bucket that is sorted.
class likeliest_tokens {
public:
    /// @param logits [V]; minus infinity: never drawn. Must outlive this
    /// @param top the greatest of them, finite
    /// @param inverse_temperature multiplies differences of logits
    likeliest_tokens(std::span<const float> logits, float top, double inverse_temperature)
        : logits_{logits},
          top_{top},
          inverse_{inverse_temperature},
          scale_{static_cast<float>(std::min(1e30, inverse_temperature * buckets_a_nat))} {
        fill();
    }

    /// Cuts off what comes after the `count` likeliest tokens.
    void keep_count(std::int64_t count) {
        std::int64_t seen = 0;
        for (std::size_t b = 0; b <= last_; ++b) {
            if (seen + counts_[b] >= count) {
                const std::vector<std::int32_t> ids = sorted(b);
                return cut_to(b, std::span{ids}.first(static_cast<std::size_t>(count - seen)));
            }
            seen += counts_[b];
        }
    }

    /// Cuts off what comes after the likeliest tokens whose masses come to `share` of the mass that is left; one is
    /// left at least.
    void keep_mass(double share) {
        const double need = share * kept_mass();
        double seen = 0;
        for (std::size_t b = 0; b <= last_; ++b) {
            if (counts_[b] > 0 && seen + masses_[b] >= need) {
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
        const auto least_logit = static_cast<float>(top_ + std::log(least) / inverse_);
        const std::size_t near = bucket_of(std::min(top_, least_logit));
        for (std::size_t b = near == 0 ? 0 : near - 1; b <= last_; ++b) {
            const std::vector<std::int32_t> ids = sorted(b);
            const auto enough = [&](std::int32_t id) {
                return logits_[static_cast<std::size_t>(id)] >= top_ || mass(id) >= least;
            };
            const auto end = std::partition_point(ids.begin(), ids.end(), enough);
            if (end != ids.end() || b > near) return cut_to(b, std::span{ids.begin(), end});
        }
    }

    /// The token at `uniform`, in [0, 1), of the mass that is left, the likeliest tokens first.
    std::int64_t draw(double uniform) const {
        double left = uniform * kept_mass();
        for (std::size_t b = 0; b <= last_; ++b) {
            if (counts_[b] == 0) continue;
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
        while (counts_[b] == 0) --b;
        return sorted(b).back();
    }

private:
    static constexpr std::size_t buckets = 512;
    static constexpr double buckets_a_nat = 16;  // the last bucket begins at 32 nats, exp(-32) = 1e-14

    /// Monotone in the logit: equal ones share a bucket.
    std::size_t bucket_of(float logit) const { return static_cast<std::size_t>(place_of(logit)); }
    std::int32_t place_of(float logit) const {
        return static_cast<std::int32_t>(std::min((top_ - logit) * scale_, static_cast<float>(buckets - 1)));
    }
    double mass_at(float logit) const {  // logit - top in float32, as the logits are
        return precise_exp(inverse_ * static_cast<double>(logit - top_));
    }
    double mass(std::int32_t id) const { return mass_at(logits_[static_cast<std::size_t>(id)]); }

    void fill() {
        constexpr std::size_t block = 256, copies = 4;  // copies, so that additions do not wait for one another
        std::array<std::array<double, buckets>, copies> masses{};
        std::array<std::array<std::int32_t, buckets>, copies> counts{};
        std::array<double, block> mass_here;
        std::array<std::int32_t, block> place_here;
        for (std::size_t from = 0; from < logits_.size(); from += block) {
            const std::size_t n = std::min(block, logits_.size() - from);
            const float* const x = logits_.data() + from;
            for (std::size_t i = 0; i < n; ++i) place_here[i] = place_of(x[i]);
            for (std::size_t i = 0; i < n; ++i) mass_here[i] = mass_at(x[i]);
            for (std::size_t i = 0; i < n; ++i) {
                const bool drawable = x[i] >= -std::numeric_limits<float>::max();
                const auto place = static_cast<std::size_t>(place_here[i]);
                masses[i % copies][place] += drawable ? mass_here[i] : 0;
                counts[i % copies][place] += drawable ? 1 : 0;
            }
        }
        for (std::size_t b = 0; b < buckets; ++b) {
            masses_[b] = (masses[0][b] + masses[1][b]) + (masses[2][b] + masses[3][b]);
            counts_[b] = (counts[0][b] + counts[1][b]) + (counts[2][b] + counts[3][b]);
        }
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
        ids.resize(static_cast<std::size_t>(counts_[b]));
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
        counts_[b] = static_cast<std::int32_t>(ids.size());
        masses_[b] = 0;
        for (const std::int32_t id : ids) masses_[b] += mass(id);
    }

    std::span<const float> logits_;
    float top_;
    double inverse_;
    float scale_;
    std::array<double, buckets> masses_{};        // of what is kept
    std::array<std::int32_t, buckets> counts_{};  // likewise
    std::size_t last_ = buckets - 1;              // nothing is kept of the buckets behind it
};

}  // namespace aha::detail
