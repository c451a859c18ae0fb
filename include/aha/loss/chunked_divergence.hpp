#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>

#include <aha/concepts/divergence.hpp>
#include <aha/core/error.hpp>
#include <aha/core/lm_head.hpp>
#include <aha/loss/diverge_rows.hpp>
#include <aha/loss/divergence_options.hpp>
#include <aha/loss/shared_vocabulary.hpp>

namespace aha {

/// How far the student's next-token distribution is from the teacher's, row by row, over the whole vocabulary. Logits
/// of either model exist for a chunk of rows at a time only, and the backward pass computes them again. Softmax and
/// divergence are in float32, products in each model's compute type. The student's head gradient is added to
/// `student_head.weight.grad()` in place; the teacher gets none.
/// @param student_hidden [N, D] in the student's compute type
/// @param teacher_hidden [N, D2] in the teacher's, on the same device
/// @return [N] float32, differentiable in the student
/// Throws `aha::error` for shapes that do not fit one another and for vocabularies that `shared_vocabulary` refuses.
template <divergence Divergence>
at::Tensor token_divergence(const at::Tensor& student_hidden, const lm_head& student_head,
                            const at::Tensor& teacher_hidden, const lm_head& teacher_head, const Divergence& divergence,
                            const divergence_options& options = {}) {
    options.validate();
    require(student_hidden.dim() == 2 && teacher_hidden.dim() == 2 && student_hidden.size(0) == teacher_hidden.size(0),
            "student and teacher need a hidden row for each token, not ", student_hidden.sizes(), " and ",
            teacher_hidden.sizes());
    require(student_hidden.device() == teacher_hidden.device(), "student and teacher must be on one device, not on ",
            student_hidden.device(), " and ", teacher_hidden.device());
    const std::int64_t vocabulary =
        shared_vocabulary(student_head.compute.size(0), teacher_head.compute.size(0), options.vocabulary);
    const auto of_chunk = [kept = detail::kept_divergence(divergence), hidden = teacher_hidden.detach().contiguous(),
                           head = lm_head{{}, teacher_head.compute, teacher_head.blocked}, vocabulary,
                           options](const at::Tensor& log_q, detail::row_range rows, bool) -> divergence_output {
        return kept(log_q, detail::chunk_log_probs(rows.of(hidden), head, vocabulary, options.temperature,
                                                   options.chunk_bytes));
    };
    return detail::diverge_function::apply(student_hidden.contiguous(), student_head.weight, student_head, vocabulary,
                                           detail::chunk_divergence{of_chunk}, options);
}

}  // namespace aha
