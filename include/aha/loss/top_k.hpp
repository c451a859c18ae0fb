#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/scatter.h>
#include <ATen/ops/topk.h>
#include <cstdint>
#include <limits>
#include <tuple>

#include <aha/concepts/divergence.hpp>
#include <aha/core/error.hpp>
#include <aha/core/lm_head.hpp>
#include <aha/kernels/top_k_rows.hpp>
#include <aha/loss/diverge_rows.hpp>
#include <aha/loss/divergence_options.hpp>

namespace aha {

/// The `k` likeliest next tokens of each row and the mass of the others: what a teacher's answer takes little room in.
/// Chunk by chunk, without gradients.
/// @param hidden [N, D] in the compute type
/// @param options of its vocabulary are the tokens: rows of the head beyond it, which pad it, are none
inline top_k_rows top_k_of(const at::Tensor& hidden, const lm_head& head, std::int64_t k,
                           const divergence_options& options = {}) {
    options.validate();
    const std::int64_t rows_of_head = head.compute.size(0), total = hidden.size(0);
    require(options.vocabulary <= rows_of_head, "the vocabulary has ", options.vocabulary,
            " tokens, but the head has only ", rows_of_head, " rows");
    const std::int64_t vocabulary = options.vocabulary > 0 ? options.vocabulary : rows_of_head;
    require(k > 0 && k <= vocabulary, "k must be in [1, ", vocabulary, "], the vocabulary, not ", k);
    const at::NoGradGuard no_gradients;
    const at::TensorOptions wide = hidden.options().dtype(at::kFloat);
    top_k_rows top{at::empty({total, k}, wide.dtype(at::kInt)), at::empty({total, k}, wide), at::empty({total}, wide)};
    detail::for_each_chunk(total, vocabulary, options.chunk_bytes, [&](detail::row_range rows) {
        const at::Tensor log_p = detail::chunk_log_probs(rows.of(hidden).contiguous(), head, vocabulary,
                                                         options.temperature, options.chunk_bytes);
        const auto [values, ids] = at::topk(log_p, k, 1);
        rows.of(top.ids).copy_(ids);
        rows.of(top.log_probs).copy_(values);
        const at::Tensor others = log_p.scatter(1, ids, -std::numeric_limits<double>::infinity());
        rows.of(top.tail).copy_(at::logsumexp(others, {1}));
    });
    return top;
}

/// How far the student is from the teacher when k tokens of the teacher's are told apart and all others are one
/// outcome, whose mass counts: with KL or Jensen-Shannon divergences no more than over the whole vocabulary, and equal
/// to that if k is the vocabulary. The gradient of that outcome is spread over its tokens in proportion to the
/// student's own probabilities.
/// @param hidden [N, D] of the student, in its compute type
/// @param teacher N rows at the temperature and over the vocabulary of `options`, on the same device
/// @return [N] float32, differentiable in the student; the head's gradient is added to `head.weight.grad()` in place
/// Throws `aha::error` for shapes that do not fit one another and for a token that the student does not have.
template <divergence Divergence>
at::Tensor top_k_divergence(const at::Tensor& hidden, const lm_head& head, const top_k_rows& teacher,
                            const Divergence& divergence, const divergence_options& options = {}) {
    options.validate();
    const std::int64_t rows_of_head = head.compute.size(0);
    require(options.vocabulary <= rows_of_head, "the vocabulary has ", options.vocabulary,
            " tokens, but the student's head has only ", rows_of_head, " rows");
    const std::int64_t vocabulary = options.vocabulary > 0 ? options.vocabulary : rows_of_head;
    require(hidden.dim() == 2 && teacher.ids.dim() == 2 && teacher.ids.size(0) == hidden.size(0) &&
                teacher.log_probs.sizes() == teacher.ids.sizes() && teacher.tail.dim() == 1 &&
                teacher.tail.size(0) == hidden.size(0),
            "a student of ", hidden.sizes(), " needs as many rows of its teacher's top-k, not ids ",
            teacher.ids.sizes(), ", log-probs ", teacher.log_probs.sizes(), " and tails ", teacher.tail.sizes());
    require(hidden.device() == teacher.ids.device(), "student and top-k must be on one device, not on ",
            hidden.device(), " and ", teacher.ids.device());
    const std::int64_t k = teacher.ids.size(1);
    require(k > 0 && k <= vocabulary, "the top-k holds ", k, " tokens, not between 1 and the student's ", vocabulary);
    if (hidden.size(0) > 0) {
        const auto first = teacher.ids.min().item<std::int64_t>(), last = teacher.ids.max().item<std::int64_t>();
        require(first >= 0 && last < vocabulary, "the top-k holds token ", first < 0 ? first : last,
                ", but the student has ", vocabulary, " tokens: their vocabularies differ");
    }
    const auto of_chunk = [kept = detail::kept_divergence(divergence), teacher, k, vocabulary](
                              const at::Tensor& log_q, detail::row_range rows, bool slopes) -> divergence_output {
        const at::Tensor ids = rows.of(teacher.ids).to(at::kLong), log_p = rows.of(teacher.log_probs).to(at::kFloat);
        const at::Tensor top = log_q.gather(1, ids);
        const bool with_tail = k < vocabulary;
        at::Tensor others, tail;  // the student's log-probs elsewhere [n, V], and the log of their mass [n, 1]
        if (with_tail) {
            others = log_q.scatter(1, ids, -std::numeric_limits<double>::infinity());
            tail = at::logsumexp(others, {1}, true);
        }
        divergence_output few = with_tail ? kept(at::cat({top, tail}, 1),
                                                 at::cat({log_p, rows.of(teacher.tail).to(at::kFloat).unsqueeze(1)}, 1))
                                          : kept(top, log_p);
        if (!slopes) return few;
        const at::Tensor all =
            with_tail ? others.sub_(tail).exp_().mul_(few.slopes.narrow(1, k, 1)) : at::empty_like(log_q);
        return {few.values, all.scatter_(1, ids, few.slopes.narrow(1, 0, k))};
    };
    return detail::diverge_function::apply(hidden.contiguous(), head.weight, head, vocabulary,
                                           detail::chunk_divergence{of_chunk}, options);
}

}  // namespace aha
