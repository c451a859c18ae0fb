#pragma once

#include <cmath>
#include <cstdint>

namespace aha {

/// Log-sums, log-probs of targets and entropies of rows of logits, one block a row, in one pass over memory and one
/// over the cache. Bytes a row: V sizeof(Logit) read; 2 exponentials a token.
template <class Logit>
struct score_logits {
    static constexpr int threads = 512;  ///< of a block

    const Logit* logits;          ///< [n, V]
    std::int64_t vocabulary;      ///< V
    const std::int64_t* targets;  ///< [n]
    float inverse;                ///< 1 / temperature
    float* sums;                  ///< [n] result: log of the sum of exponentials of logits / temperature
    float* log_probs;             ///< [n] result
    float* entropies;             ///< [n] result, nats; or null

    /// What a block needs.
    std::int64_t shared_bytes() const { return 0; }

    /// One block.
    template <class Block>
    constexpr void operator()(Block& block) const {
        const std::int64_t row = block.index();
        const Logit* const x = logits + row * vocabulary;
        typename Block::template values<float> tops, sums_of, weighted;
        block.each([&](int t) {
            float top = -INFINITY, sum = 0, with_log = 0;
            for (std::int64_t i = t; i < vocabulary; i += threads) {
                const float y = inverse * static_cast<float>(x[i]);
                if (y > top) {
                    const float shrink = ::expf(top - y);  // 0 at first
                    with_log = sum > 0 ? shrink * (with_log + sum * (top - y)) : 0;
                    sum *= shrink;
                    top = y;
                }
                const float e = ::expf(y - top);
                sum += e;
                if (e > 0) with_log += e * (y - top);
            }
            tops[t] = top;
            sums_of[t] = sum;
            weighted[t] = with_log;
        });
        const float top = block.max(tops);
        block.each([&](int t) {
            const float lower = tops[t] - top, shrink = ::expf(lower);
            weighted[t] = shrink > 0 ? shrink * (weighted[t] + sums_of[t] * lower) : 0.0F;
            sums_of[t] = shrink > 0 ? shrink * sums_of[t] : 0.0F;
        });
        const float sum = block.sum(sums_of), with_log = block.sum(weighted);
        block.each([&](int t) {
            if (t != 0) return;
            const float z = top + ::logf(sum);
            sums[row] = z;
            log_probs[row] = inverse * static_cast<float>(x[targets[row]]) - z;
            if (entropies != nullptr) entropies[row] = ::logf(sum) - with_log / sum;
        });
    }
};

/// Turns rows of logits into the rows of their gradients, in place, one block a row: with y = log p,
/// d log_prob = (onehot - p) / T and d entropy = -p (y + H) / T. Both sum to zero over the vocabulary, so the entry of
/// a likely target is minus the sum of the others: nothing is lost where p is close to 1. Bytes a row: 2 V
/// sizeof(Logit); 1 exponential a token.
template <class Logit>
struct score_logits_backward {
    static constexpr int threads = 512;  ///< of a block

    Logit* logits;                ///< [n, V], then their gradients
    std::int64_t vocabulary;      ///< V
    const std::int64_t* targets;  ///< [n]
    float inverse;                ///< 1 / temperature
    const float* sums;            ///< [n] from the forward pass
    const float* entropies;       ///< [n] from the forward pass, or null
    const float* g_log_probs;     ///< [n]
    const float* g_entropies;     ///< [n], or null

    /// What a block needs.
    std::int64_t shared_bytes() const { return 0; }

    /// One block.
    template <class Block>
    constexpr void operator()(Block& block) const {
        const std::int64_t row = block.index();
        Logit* const x = logits + row * vocabulary;
        const float z = sums[row], g = g_log_probs[row] * inverse;
        const float h = g_entropies == nullptr ? 0.0F : g_entropies[row] * inverse;
        const float mean = g_entropies == nullptr ? 0.0F : entropies[row];
        typename Block::template values<float> others;
        block.each([&](int t) {
            float sum = 0;
            for (std::int64_t i = t; i < vocabulary; i += threads) {
                if (i == targets[row]) continue;
                const float y = inverse * static_cast<float>(x[i]) - z, p = ::expf(y);
                const float one = p > 0 ? p * (g + h * (y + mean)) : 0.0F;  // a suppressed token: y is -infinity
                sum += one;
                x[i] = static_cast<Logit>(-one);
            }
            others[t] = sum;
        });
        const float sum = block.sum(others);
        block.each([&](int t) {
            if (t != 0) return;
            const float y = inverse * static_cast<float>(x[targets[row]]) - z, p = ::expf(y);
            x[targets[row]] = static_cast<Logit>(p > 0.5F ? sum : p > 0 ? g - p * (g + h * (y + mean)) : g);
        });
    }
};

}  // namespace aha
