#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/labeled_text.hpp>
#include <aha/model/pack_texts.hpp>
#include <aha/core/preference_pair.hpp>
#include <aha/loss/bradley_terry.hpp>
#include <aha/loss/pointwise.hpp>

/// What a reward model can learn from, seen alike: a record has texts, whose scores give a loss and a verdict.
namespace aha::detail {

template <class Record>
struct reward_record;

template <>
struct reward_record<preference_pair> {
    static constexpr const char* whose = "the pairs";
    using default_loss = bradley_terry;

    template <class L>
    static constexpr bool fits = requires(const L& loss, const at::Tensor& t) {
        { loss(t, t, t) } -> std::convertible_to<at::Tensor>;
    };
    template <class L>
    static consteval bool require_loss() {
        static_assert(fits<L>,
                      "aha: a loss of preference pairs is called as a const object with the scores of the chosen and "
                      "of the rejected texts and with their margins, [P] each; write: at::Tensor operator()(const "
                      "at::Tensor& chosen, const at::Tensor& rejected, const at::Tensor& margins) const;");
        return true;
    }

    static text_group texts(const preference_pair& pair) { return {pair.chosen, pair.rejected}; }
    static double number(const preference_pair& pair) { return pair.margin; }

    static void check(const preference_pair& pair) {
        require(!pair.chosen.empty() && !pair.rejected.empty(), "pair ", pair.index, " has a side without tokens");
        require(pair.chosen != pair.rejected, "both sides of pair ", pair.index, " are the same");
        require(std::isfinite(pair.margin), "the margin of pair ", pair.index, " must be finite, not ", pair.margin);
    }

    /// @param scores [2P]
    /// @param margins [P]
    /// @return [P]
    template <class Loss>
    static at::Tensor losses(const Loss& loss, const at::Tensor& scores, const at::Tensor& margins) {
        const at::Tensor both = scores.view({-1, 2});
        return loss(both.select(1, 0), both.select(1, 1), margins);
    }

    /// How much higher the chosen text's score is, [P].
    static at::Tensor margin(const at::Tensor& scores, const at::Tensor&) {
        const at::Tensor both = scores.view({-1, 2});
        return both.select(1, 0) - both.select(1, 1);
    }
};

template <>
struct reward_record<labeled_text> {
    static constexpr const char* whose = "the labeled texts";
    using default_loss = pointwise;

    template <class L>
    static constexpr bool fits = requires(const L& loss, const at::Tensor& t) {
        { loss(t, t) } -> std::convertible_to<at::Tensor>;
    };
    template <class L>
    static consteval bool require_loss() {
        static_assert(fits<L>,
                      "aha: a loss of labeled texts is called as a const object with scores and labels, [S] each; "
                      "write: at::Tensor operator()(const at::Tensor& scores, const at::Tensor& labels) const;");
        return true;
    }

    static text_group texts(const labeled_text& text) { return {text.ids}; }
    static double number(const labeled_text& text) { return text.label; }

    static void check(const labeled_text& text) {
        require(!text.ids.empty(), "text ", text.index, " has no tokens");
        require(text.label >= 0 && text.label <= 1, "the label of text ", text.index, " must lie in 0 .. 1, not ",
                text.label);
    }

    /// @param scores, labels [S]
    /// @return [S]
    template <class Loss>
    static at::Tensor losses(const Loss& loss, const at::Tensor& scores, const at::Tensor& labels) {
        return loss(scores, labels);
    }

    /// How far each score is on its label's side of zero, [S].
    static at::Tensor margin(const at::Tensor& scores, const at::Tensor& labels) {
        return scores * (labels > 0.5).to(at::kFloat).mul(2).sub(1);
    }
};

/// Tokens of all texts of a record; what they share is counted for each.
template <class Record>
std::int64_t tokens_of_record(const Record& record) {
    std::int64_t tokens = 0;
    for (const auto& text : reward_record<Record>::texts(record)) tokens += std::ssize(text);
    return tokens;
}

}  // namespace aha::detail
