#pragma once

#include <concepts>
#include <span>
#include <vector>

#include <aha/concepts/result.hpp>
#include <aha/core/records.hpp>

/// A batch advantage is an `advantage` that needs more than one group's scores: the whole batch's, the completions'
/// log-probs, or the scores of their steps. It fills the same slot of a trainer.
///
/// 1. It is called as a const object with all groups of a rollout, scored.
/// 2. It gives one finite number a token: `token_values`, [groups][G][T]. Tokens of a completion whose score is not
///    `applicable` get 0.
/// 3. Optional: `needs_reference() const` says that it reads `completion::ref_log_probs`; the trainer then keeps a
///    reference policy and fills them.
///
/// Not required: a mean of zero; default construction or copies.
namespace aha {

/// A number for every token of a rollout, [groups][G][T].
using token_values = std::vector<std::vector<std::vector<float>>>;

/// Callable as a const object with the groups of a rollout.
template <class A>
concept batch_advantage_is_callable = std::invocable<const A&, std::span<const rollout_group>>;

/// Gives one number a token.
template <class A>
concept batch_advantage_gives_token_values =
    batch_advantage_is_callable<A> && requires(const A& a, std::span<const rollout_group> groups) {
        { a(groups) } -> detail::yields<token_values>;
    };

/// `needs_reference() const` gives a bool; not required.
template <class A>
concept advantage_says_whether_it_needs_a_reference = requires(const A& a) {
    { a.needs_reference() } -> detail::yields<bool>;
};

/// Compares the completions of a whole rollout.
template <class A>
concept batch_advantage = batch_advantage_is_callable<A> && batch_advantage_gives_token_values<A>;

/// True, or a compile-time error that says what to write.
template <class A>
consteval bool require_batch_advantage() {
    static_assert(batch_advantage_is_callable<A>,
                  "aha: a batch advantage is called as a const object with the groups of a rollout; write: "
                  "aha::token_values operator()(std::span<const aha::rollout_group> groups) const;");
    static_assert(!batch_advantage_is_callable<A> || batch_advantage_gives_token_values<A>,
                  "aha: a batch advantage gives one float a token; make its operator() return: aha::token_values");
    return true;
}

}  // namespace aha
