#pragma once

#include <ATen/core/Tensor.h>
#include <concepts>

#include <aha/concepts/result.hpp>
#include <aha/core/preference_log_probs.hpp>

/// A preference loss turns the log-probs of chosen and rejected completions into what is minimized, pair by pair.
///
/// 1. It is called as a const object with `preference_log_probs` (any part of a batch).
/// 2. It gives the loss of each pair, [P]: no sum, no mean; denominators are the trainer's business. So it sees no
///    statistics of a batch: the result would depend on microbatches.
/// 3. `rewards(const side_log_probs&) const` gives the implicit rewards of one side's completions, [P]: what the loss
///    takes to be preferred. For metrics only.
/// 4. `needs_reference() const` says whether it reads `reference`; else that is undefined and none is computed.
///
/// Not required: values that are never negative; default construction or copies.
namespace aha {

/// Callable as a const object with pairs.
template <class L>
concept preference_loss_is_callable = std::invocable<const L&, const preference_log_probs&>;

/// Gives a tensor.
template <class L>
concept preference_loss_gives_tensor =
    preference_loss_is_callable<L> && requires(const L& l, const preference_log_probs& pairs) {
        { l(pairs) } -> detail::yields<at::Tensor>;
    };

/// `rewards(const side_log_probs&) const` gives a tensor.
template <class L>
concept preference_loss_has_rewards = requires(const L& l, const side_log_probs& side) {
    { l.rewards(side) } -> detail::yields<at::Tensor>;
};

/// `needs_reference() const` gives a bool.
template <class L>
concept preference_loss_has_needs_reference = requires(const L& l) {
    { l.needs_reference() } -> detail::yields<bool>;
};

/// What is minimized on pairs of completions.
template <class L>
concept preference_loss = preference_loss_is_callable<L> && preference_loss_gives_tensor<L> &&
                          preference_loss_has_rewards<L> && preference_loss_has_needs_reference<L>;

/// True, or a compile-time error that says what to write.
template <class L>
consteval bool require_preference_loss() {
    static_assert(preference_loss_is_callable<L>,
                  "aha: a preference loss is called as a const object with the log-probs of both sides; write: "
                  "at::Tensor operator()(const aha::preference_log_probs& pairs) const;");
    static_assert(!preference_loss_is_callable<L> || preference_loss_gives_tensor<L>,
                  "aha: a preference loss gives the loss of each pair, [P]; make its operator() return: at::Tensor");
    static_assert(preference_loss_has_rewards<L>,
                  "aha: a preference loss gives the implicit rewards of a side's completions, [P]; write: "
                  "at::Tensor rewards(const aha::side_log_probs& side) const;");
    static_assert(preference_loss_has_needs_reference<L>,
                  "aha: a preference loss says whether it reads the reference's log-probs; write: "
                  "bool needs_reference() const;");
    return true;
}

}  // namespace aha
