#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <aha/core/random.hpp>
#include <aha/core/sampling_rule.hpp>

namespace aha {

/// Draws the next token of each row of logits on the device, one block a row, as `sampling_rule` says; log-probs and
/// entropy in the same pass. What `pick_token` does, with two differences: masses are whole
/// numbers (2^-40 of the likeliest token's), so that the draw depends neither on the number of threads nor on the order
/// of their sums; and the draw goes through the kept tokens by id, not by likelihood, so that the same random number
/// gives another token of the same distribution where tokens were cut off.
///
/// Reads the row 3 times (10 times and more with top-k or top-p), the first time from memory and then from the cache:
/// V sizeof(Logit) bytes a row; 4 exponentials a token.
template <class Logit>
struct pick_rows {
    static constexpr int threads = 1024;  ///< of a block

    const Logit* logits;            ///< [B, V]
    std::int64_t vocabulary;        ///< V, less than 2^24
    const std::uint8_t* forbidden;  ///< [V] bit 0: never drawn; bit 1: not before `rule.min_new_tokens`
    const std::uint8_t* alive;      ///< [B] 0: the row is not drawn from
    const std::int64_t* drawn;      ///< [B] tokens that the row has so far
    const random_stream* streams;   ///< [B]
    sampling_rule rule;             ///< which tokens are drawn, and how likely each is
    std::int64_t* ids;              ///< [B] result
    float* log_probs;               ///< [B] result, at temperature 1, nothing cut off
    float* behavior_log_probs;      ///< [B] result, at the temperature, nothing cut off
    float* entropies;               ///< [B] result, nats, at temperature 1
    std::uint8_t* problems;         ///< [B] result: 0, or 1: NaN or infinite logits, 2: no token may be drawn

    /// What a block needs.
    std::int64_t shared_bytes() const { return 2 * bins * static_cast<std::int64_t>(sizeof(std::uint64_t)) + 64; }

    /// One block.
    template <class Block>
    constexpr void operator()(Block& block) const {
        const std::int64_t row = block.index();
        if (alive[row] == 0) return;
        const Logit* const x = logits + row * vocabulary;
        const bool may_end = rule.may_end(drawn[row]);
        const auto inverse = static_cast<float>(rule.inverse_temperature());
        const auto allowed = [=, this](std::int64_t i) {
            return (forbidden[i] & 1) == 0 && (may_end || (forbidden[i] & 2) == 0);
        };

        typename Block::template values<float> tops;
        typename Block::template values<std::uint64_t> best;
        block.each([&](int t) {
            float top = -INFINITY;
            std::uint64_t key = 0;
            for (std::int64_t i = t; i < vocabulary; i += threads) {
                const auto value = static_cast<float>(x[i]);
                top = value > top || value != value ? value : top;
                if (allowed(i)) key = std::max(key, rank(value, i));
            }
            tops[t] = top;
            best[t] = key;
        });
        const float top = block.max(tops);
        const std::uint64_t best_key = block.max(best);

        typename Block::template values<float> plain, weighted, scaled;
        block.each([&](int t) {
            float sum = 0, with_log = 0, at_temperature = 0;
            for (std::int64_t i = t; i < vocabulary; i += threads) {
                const float y = static_cast<float>(x[i]) - top, e = ::expf(y);
                sum += e;
                if (e > 0) with_log += e * y;
                at_temperature += ::expf(inverse * y);
            }
            plain[t] = sum;
            weighted[t] = with_log;
            scaled[t] = at_temperature;
        });
        const float sum = block.sum(plain), with_log = block.sum(weighted), at_temperature = block.sum(scaled);
        const bool finite = sum >= 1 && sum < INFINITY && top > -INFINITY && top < INFINITY;
        if (!finite || best_key == 0) {
            block.each([&](int t) {
                if (t == 0) problems[row] = finite ? 2 : 1;
            });
            return;
        }

        const float best_allowed = static_cast<float>(x[id_of(best_key)]);
        const auto mass = [=](std::int64_t i) {
            return static_cast<std::uint64_t>(::expf(inverse * (static_cast<float>(x[i]) - best_allowed)) * 0x1.0p40F);
        };
        kept_tokens kept{*this, block, allowed, mass};
        if (!rule.greedy()) rule.cut(kept);
        const auto drawable = [&](std::int64_t i) -> std::uint64_t {
            if (!allowed(i)) return 0;
            const std::uint64_t key = rank(static_cast<float>(x[i]), i);
            if (rule.greedy()) return key == best_key ? 1 : 0;
            if (key < kept.last) return 0;
            const std::uint64_t own = mass(i);
            return own >= kept.least || key == best_key ? own : 0;
        };

        const std::int64_t span = (vocabulary + threads - 1) / threads;
        typename Block::template values<std::uint64_t> before, own;
        block.each([&](int t) {
            std::uint64_t total = 0;
            for (std::int64_t i = t * span; i < std::min(vocabulary, (t + 1) * span); ++i) total += drawable(i);
            own[t] = before[t] = total;
        });
        const std::uint64_t total = block.sum_before(before);
        const double uniform = streams[row].uniform(static_cast<std::uint64_t>(drawn[row]));
        const std::uint64_t target =
            std::min(static_cast<std::uint64_t>(uniform * static_cast<double>(total)), total - 1);
        block.each([&](int t) {
            if (target < before[t] || target >= before[t] + own[t]) return;
            std::uint64_t left = target - before[t];
            std::int64_t id = t * span;
            for (std::uint64_t here = drawable(id); left >= here; here = drawable(++id)) left -= here;
            const float y = static_cast<float>(x[id]) - top;
            ids[row] = id;
            log_probs[row] = y - ::logf(sum);
            behavior_log_probs[row] = inverse * y - ::logf(at_temperature);
            entropies[row] = ::logf(sum) - with_log / sum;
            problems[row] = 0;
        });
    }

private:
    static constexpr int bins = 256;

    /// Narrows what is kept of a row, as `sampling_rule::cut` tells it to.
    template <class Block, class Allowed, class Mass>
    struct kept_tokens {
        const pick_rows& of;
        Block& block;
        const Allowed& allowed;  // whether a token may be drawn at all
        const Mass& mass;        // of a token, 2^40 for the likeliest
        const Logit* x = of.logits + block.index() * of.vocabulary;
        std::uint64_t* weights = block.template shared<std::uint64_t>(bins);
        std::uint64_t* counts = block.template shared<std::uint64_t>(bins);
        std::uint64_t* found = block.template shared<std::uint64_t>(4);
        std::uint64_t last = 0;   // the lowest rank that is kept
        std::uint64_t least = 0;  // the smallest mass that is kept, beside the likeliest token's

        constexpr void keep_count(std::int64_t count) {
            last = of.last_kept(block, weights, counts, found, static_cast<std::uint64_t>(count), last,
                                [&](std::int64_t i) { return allowed(i) ? std::uint64_t{1} : std::uint64_t{0}; });
        }

        constexpr void keep_mass(double share) {
            const auto kept_mass = [&](std::int64_t i) {
                return allowed(i) && rank(static_cast<float>(x[i]), i) >= last ? mass(i) : std::uint64_t{0};
            };
            typename Block::template values<std::uint64_t> sums;
            block.each([&](int t) {
                std::uint64_t own = 0;
                for (std::int64_t i = t; i < of.vocabulary; i += threads) own += kept_mass(i);
                sums[t] = own;
            });
            const auto need = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(block.sum(sums))));
            last = of.last_kept(block, weights, counts, found, std::max(need, std::uint64_t{1}), last, kept_mass);
        }

        constexpr void keep_at_least(double share) { least = static_cast<std::uint64_t>(share * 0x1.0p40); }
    };
    template <class Block, class Allowed, class Mass>
    kept_tokens(const pick_rows&, Block&, const Allowed&, const Mass&) -> kept_tokens<Block, Allowed, Mass>;

    /// Greater for greater logits, and for lower ids among equal ones; 0 for minus infinity, which is never drawn.
    static constexpr std::uint64_t rank(float logit, std::int64_t id) {
        if (!(logit > -INFINITY)) return 0;
        const auto bits = __builtin_bit_cast(std::uint32_t, logit + 0.0F);  // one zero
        const std::uint32_t ordered = (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
        return std::uint64_t{ordered} << 24 | (0xFFFFFFU - static_cast<std::uint64_t>(id));
    }
    static constexpr std::int64_t id_of(std::uint64_t key) {
        return static_cast<std::int64_t>(0xFFFFFFU - (key & 0xFFFFFFU));
    }

    /// The rank of the token at which the weights of the tokens, likeliest first, come to `need` (0 if they never do):
    /// byte by byte, with a histogram of the weights of the tokens that agree in the bytes before.
    /// @param from tokens of lower rank have no weight
    template <class Block, class Weight>
    constexpr std::uint64_t last_kept(Block& block, std::uint64_t* weights, std::uint64_t* counts, std::uint64_t* found,
                                      std::uint64_t need, std::uint64_t from, const Weight& weight) const {
        const Logit* const x = logits + block.index() * vocabulary;
        std::uint64_t prefix = 0;
        for (int shift = 48; shift >= 0; shift -= 8) {
            block.each([&](int t) {
                if (t < bins) weights[t] = counts[t] = 0;
            });
            block.each([&](int t) {
                for (std::int64_t i = t; i < vocabulary; i += threads) {
                    const std::uint64_t key = rank(static_cast<float>(x[i]), i);
                    if (key < from || (key >> shift >> 8) != (prefix >> shift >> 8)) continue;
                    const std::uint64_t own = weight(i);
                    if (own == 0) continue;
                    const auto bin = (key >> shift) % bins;
                    Block::add(weights[bin], own);
                    Block::add(counts[bin], std::uint64_t{1});
                }
            });
            block.each([&](int t) {
                if (t != 0) return;
                std::uint64_t above = 0;
                int bin = bins - 1;
                while (bin > 0 && above + weights[bin] < need) above += weights[bin--];
                found[0] = static_cast<std::uint64_t>(bin) << shift;
                found[1] = above;
                found[2] = counts[bin];
                found[3] = above + weights[bin] < need ? 1 : 0;
            });
            const std::uint64_t digit = found[0], above = found[1], count = found[2], short_of = found[3];
            block.each([](int) {});  // all have read before it is written again
            if (short_of != 0) return from;
            prefix |= digit;
            need -= above;
            if (count == 1) break;
        }
        return std::max(prefix, from);
    }
};

}  // namespace aha
