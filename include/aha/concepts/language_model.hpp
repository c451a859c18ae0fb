#pragma once

#include <ATen/core/Tensor.h>
#include <type_traits>

#include <aha/concepts/result.hpp>
#include <aha/concepts/tensor_policy.hpp>
#include <aha/core/lm_head.hpp>
#include <aha/core/packed.hpp>
#include <aha/core/parameters.hpp>

/// A language model computes hidden states of packed tokens; log-probs come from them and the head, chunk by chunk, so
/// no model ever makes a tensor of logits. To be sampled from token by token it is a `decoding_model` besides.
///
/// 1. `tensor_policy` is the model's tensor policy.
/// 2. `hidden(trees) const` gives the final hidden states of a packed row, [T, D] in the compute type: row t depends on
///    the tokens of t's own path alone, and is what predicts the token after t. Differentiable with respect to
///    `weights()`.
/// 3. `head() const` gives the `aha::lm_head` that turns hidden states into logits.
/// 4. `weights() const` gives the trainable weights, by reference: an optimizer writes to them.
/// 5. `refresh()` is called after the weights were changed from outside: compute copies are brought up to date.
///
/// Not required: copies or moves (trainers hold a reference); `clone()`, except by trainers that need a reference
/// policy; anything about training mode, dropout or a cache.
namespace aha {

/// `tensor_policy` names a tensor policy.
template <class T>
concept model_has_tensor_policy = requires { requires tensor_policy<typename T::tensor_policy>; };

/// `hidden(const packed_trees&) const` gives a tensor.
template <class T>
concept model_has_hidden = requires(const T& t, const packed_trees& trees) {
    { t.hidden(trees) } -> detail::yields<at::Tensor>;
};

/// `head() const` gives the LM head.
template <class T>
concept model_has_head = requires(const T& t) {
    { t.head() } -> detail::yields<lm_head>;
};

/// `weights() const` gives the weights by reference.
template <class T>
concept model_has_weights = requires(const T& t) {
    { t.weights() } -> detail::yields<parameters>;
    requires std::is_lvalue_reference_v<decltype(t.weights())>;
};

/// `refresh()` can be called.
template <class T>
concept model_refreshes = requires(T& t) { t.refresh(); };

/// What is trained.
template <class T>
concept language_model = model_has_tensor_policy<T> && model_has_hidden<T> && model_has_head<T> &&
                         model_has_weights<T> && model_refreshes<T>;

/// True, or a compile-time error that says what to write.
template <class T>
consteval bool require_language_model() {
    static_assert(model_has_tensor_policy<T>,
                  "aha: a language model names its tensor policy; write: using tensor_policy = aha::cpu<float>;");
    static_assert(model_has_hidden<T>,
                  "aha: a language model computes hidden states [T, D] of a packed row; write: "
                  "at::Tensor hidden(const aha::packed_trees& trees) const;");
    static_assert(model_has_head<T>,
                  "aha: a language model gives the head that turns hidden states into logits; write: "
                  "aha::lm_head head() const;");
    static_assert(model_has_weights<T>,
                  "aha: a language model gives its trainable weights by reference; write: "
                  "const aha::parameters& weights() const;");
    static_assert(model_refreshes<T>,
                  "aha: a language model is told when its weights were changed; write: void refresh();");
    return true;
}

}  // namespace aha
