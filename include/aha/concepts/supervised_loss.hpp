#pragma once

#include <ATen/core/Tensor.h>
#include <concepts>

#include <aha/concepts/result.hpp>

/// A supervised loss turns the log-probs of given tokens into what is minimized, token by token.
///
/// 1. It is called as a const object with log-probs, [N] float32, differentiable.
/// 2. It gives the loss of each token, [N]: no sum, no mean; denominators are the trainer's business.
///
/// Not required: values that are never negative; default construction or copies.
namespace aha {

/// Callable as a const object with log-probs.
template <class L>
concept supervised_loss_is_callable = std::invocable<const L&, const at::Tensor&>;

/// Gives a tensor.
template <class L>
concept supervised_loss_gives_tensor = supervised_loss_is_callable<L> && requires(const L& l, const at::Tensor& t) {
    { l(t) } -> detail::yields<at::Tensor>;
};

/// What is minimized on given tokens.
template <class L>
concept supervised_loss = supervised_loss_is_callable<L> && supervised_loss_gives_tensor<L>;

/// True, or a compile-time error that says what to write.
template <class L>
consteval bool require_supervised_loss() {
    static_assert(supervised_loss_is_callable<L>,
                  "aha: a supervised loss is called as a const object with the log-probs of tokens, [N]; write: "
                  "at::Tensor operator()(const at::Tensor& log_probs) const;");
    static_assert(!supervised_loss_is_callable<L> || supervised_loss_gives_tensor<L>,
                  "aha: a supervised loss gives the loss of each token, [N]; make its operator() return: at::Tensor");
    return true;
}

}  // namespace aha
