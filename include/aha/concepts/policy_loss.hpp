#pragma once

#include <concepts>

#include <aha/concepts/result.hpp>
#include <aha/core/policy_batch.hpp>

/// A policy loss turns log-probs and advantages into what is minimized.
///
/// 1. It is called as a const object with a `policy_batch` (any part of a batch).
/// 2. It gives a `loss_output`: an unreduced sum of weight x per-token loss, so that the parts of a batch add up to it.
/// 3. `needs_reference() const` says whether it reads `ref_log_probs`; else they are undefined and no reference is
///    kept.
/// 4. `ignores_zero_advantage() const` says whether tokens with advantage 0 change neither the loss nor its gradient;
///    then a trainer leaves them out.
/// 5. Optional: `needs_entropy() const` says that it reads `entropies`; else they are undefined and none are computed.
///
/// Not required: knowledge of denominators (the batch's `weights` hold them); default construction or copies.
namespace aha {

/// Callable as a const object with a batch.
template <class L>
concept loss_is_callable = std::invocable<const L&, const policy_batch&>;

/// Gives a loss and its metrics.
template <class L>
concept loss_gives_output = loss_is_callable<L> && requires(const L& l, const policy_batch& batch) {
    { l(batch) } -> detail::yields<loss_output>;
};

/// `needs_reference() const` gives a bool.
template <class L>
concept loss_has_needs_reference = requires(const L& l) {
    { l.needs_reference() } -> detail::yields<bool>;
};

/// `ignores_zero_advantage() const` gives a bool.
template <class L>
concept loss_has_ignores_zero_advantage = requires(const L& l) {
    { l.ignores_zero_advantage() } -> detail::yields<bool>;
};

/// `needs_entropy() const` gives a bool; not required.
template <class L>
concept loss_says_whether_it_needs_entropy = requires(const L& l) {
    { l.needs_entropy() } -> detail::yields<bool>;
};

/// What is minimized.
template <class L>
concept policy_loss =
    loss_is_callable<L> && loss_gives_output<L> && loss_has_needs_reference<L> && loss_has_ignores_zero_advantage<L>;

/// True, or a compile-time error that says what to write.
template <class L>
consteval bool require_policy_loss() {
    static_assert(loss_is_callable<L>,
                  "aha: a policy loss is called as a const object with a batch; write: "
                  "aha::loss_output operator()(const aha::policy_batch& batch) const;");
    static_assert(
        !loss_is_callable<L> || loss_gives_output<L>,
        "aha: a policy loss gives an unreduced sum and its metrics; make its operator() return: aha::loss_output");
    static_assert(loss_has_needs_reference<L>,
                  "aha: a policy loss says whether it reads ref_log_probs; write: bool needs_reference() const;");
    static_assert(loss_has_ignores_zero_advantage<L>,
                  "aha: a policy loss says whether tokens with advantage 0 may be left out; write: "
                  "bool ignores_zero_advantage() const;");
    return true;
}

}  // namespace aha
