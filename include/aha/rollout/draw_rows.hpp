#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <aha/core/token_id.hpp>
#include <aha/kernels/float_product.hpp>
#include <aha/rollout/pick_token.hpp>
#include <aha/rollout/sampling_options.hpp>

namespace aha::detail {

/// `logits` with the tokens that may not be drawn now at minus infinity; `logits` itself where there are none.
/// @param drawn how many tokens there are already
inline std::span<const float> allowed_logits(std::span<const float> logits, const sampling_options& options,
                                             std::span<const token_id> ends, std::int64_t drawn,
                                             std::vector<float>& buffer) {
    const bool too_short = !options.rule().may_end(drawn);
    if (options.suppress.empty() && !(too_short && !ends.empty())) return logits;
    buffer.assign(logits.begin(), logits.end());
    const auto forbid = [&](token_id id) {
        if (id >= 0 && static_cast<std::size_t>(id) < buffer.size())
            buffer[static_cast<std::size_t>(id)] = -std::numeric_limits<float>::infinity();
    };
    for (const token_id id : options.suppress) forbid(id);
    if (too_short)
        for (const token_id id : ends) forbid(id);
    return buffer;
}

/// Draws the next token of every row of hidden states; logits exist for `logits_bytes` worth of rows at a time. The
/// callables are called from several threads at once, each row by one.
/// @param hidden [B, D]
/// @param ends tokens that end a text, which are not drawn before `min_new_tokens`
/// @param drawn_of how many tokens row `n` has drawn, of those that `min_new_tokens` counts
/// @param uniform_of the number in [0, 1) that decides row `n`
/// @param take takes row `n`'s `sampled_token`
template <class Head, class DrawnOf, class UniformOf, class Take>
void draw_rows(const Head& head, const at::Tensor& hidden, const sampling_options& options,
               std::span<const token_id> ends, const DrawnOf& drawn_of, const UniformOf& uniform_of, const Take& take) {
    constexpr std::int64_t logits_bytes = 64 << 20;
    const std::int64_t vocabulary = head.compute.size(0), total = hidden.size(0);
    const std::int64_t chunk = std::max<std::int64_t>(1, logits_bytes / (4 * vocabulary));
    for (std::int64_t from = 0; from < total; from += chunk) {
        const std::int64_t n = std::min(chunk, total - from);
        const at::Tensor logits =
            product_in_float(hidden.narrow(0, from, n), head.compute, head.blocked).cpu();  // [n, V]
        at::parallel_for(0, n, 1, [&](std::int64_t begin, std::int64_t end) {
            std::vector<float> buffer;
            for (std::int64_t i = begin; i < end; ++i) {
                const auto row = static_cast<std::size_t>(from + i);
                const std::span<const float> model{logits.const_data_ptr<float>() + i * vocabulary,
                                                   static_cast<std::size_t>(vocabulary)};
                take(row, pick_token(model, allowed_logits(model, options, ends, drawn_of(row), buffer), options,
                                     uniform_of(row)));
            }
        });
    }
}

}  // namespace aha::detail
