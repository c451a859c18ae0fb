#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/index_select.h>
#include <cstdint>
#include <utility>

#include <aha/concepts/language_model.hpp>
#include <aha/model/pack.hpp>
#include <aha/core/parameters.hpp>
#include <aha/model/scalar_head.hpp>

namespace aha {

/// A language model that gives a text one number instead of the next token: the hidden state of the text's last token
/// times a `scalar_head`, as R1's reward models (DeepSeek-R1, Methods) and transformers' sequence classifiers with one
/// label do. The model's own LM head is not used.
///
/// @tparam Model any `language_model`
template <class Model>
class reward_model {
    static_assert(require_language_model<Model>());

public:
    using tensor_policy = typename Model::tensor_policy;
    using body_type = Model;  ///< The language model below the head.

    /// Every score is 0 until the head is trained or loaded.
    explicit reward_model(Model body)
        : body_{std::move(body)}, head_{body_.head().weight.size(1), tensor_policy::options()} {}

    /// The language model below the head.
    Model& body() { return body_; }
    /// The language model below the head.
    const Model& body() const { return body_; }
    /// What turns a state into a score.
    scalar_head& head() { return head_; }
    /// What turns a state into a score.
    const scalar_head& head() const { return head_; }

    /// A model of its own with the same weights.
    reward_model clone() const
        requires requires(const Model& m) { m.clone(); }
    {
        reward_model twin{body_.clone()};
        const at::NoGradGuard no_gradients;
        twin.head_.weights().values().copy_(head_.weights().values());
        return twin;
    }

    /// Most tokens of a text.
    std::int64_t context() const
        requires requires(const Model& m) { m.context(); }
    {
        return body_.context();
    }

    /// Most tokens of a text that may share its beginning with others.
    std::int64_t share_up_to() const
        requires requires(const Model& m) { m.share_up_to(); }
    {
        return body_.share_up_to();
    }

    /// The score of each text, differentiable with respect to the body's weights and the head's.
    /// @return [S] float32
    at::Tensor scores(const packed_texts& texts) const {
        return head_(body_.hidden(texts.batch).index_select(0, texts.last));
    }

private:
    Model body_;
    scalar_head head_;
};

}  // namespace aha
