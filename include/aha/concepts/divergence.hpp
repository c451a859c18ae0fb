#pragma once

#include <ATen/core/Tensor.h>
#include <concepts>

#include <aha/concepts/result.hpp>

/// A divergence says how far a student's distribution q is from a teacher's p, row by row.
namespace aha {

/// What a divergence gives.
struct divergence_output {
    at::Tensor values;  ///< [n] D(p, q) of each row
    at::Tensor slopes;  ///< [n, B] q times dD/dq for each outcome; a constant times q may be left out, it cancels
};

/// Callable as a const object with log-probs of student and teacher.
template <class D>
concept divergence_is_callable = std::invocable<const D&, const at::Tensor&, const at::Tensor&>;

/// Gives values and slopes.
template <class D>
concept divergence_gives_output =
    divergence_is_callable<D> && requires(const D& d, const at::Tensor& log_q, const at::Tensor& log_p) {
        { d(log_q, log_p) } -> detail::yields<divergence_output>;
    };

/// How far a student is from its teacher.
///
/// 1. It is called as a const object with `(log_q, log_p)`, [n, B] float32: log-probs of student and teacher over the
///    same B outcomes (the vocabulary, or a few tokens and the rest in one). Both rows sum to 1.
/// 2. It gives a `divergence_output`. Slopes are multiplied by q so that nothing divides by a small probability.
///
/// Not required: autograd; symmetry; default construction or copies.
template <class D>
concept divergence = divergence_is_callable<D> && divergence_gives_output<D>;

/// True, or a compile-time error that says what to write.
template <class D>
consteval bool require_divergence() {
    static_assert(divergence_is_callable<D>,
                  "aha: a divergence is called as a const object with the log-probs of student and teacher, [n, B]; "
                  "write: aha::divergence_output operator()(const at::Tensor& log_q, const at::Tensor& log_p) const;");
    static_assert(!divergence_is_callable<D> || divergence_gives_output<D>,
                  "aha: a divergence gives values [n] and slopes [n, B]; make its operator() return: "
                  "aha::divergence_output");
    return true;
}

}  // namespace aha
