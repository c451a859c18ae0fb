#pragma once

#include <concepts>
#include <span>
#include <vector>

#include <aha/concepts/result.hpp>
#include <aha/concepts/reward.hpp>
#include <aha/core/records.hpp>

/// A group reward is a `reward` that compares the completions of one prompt with each other, or judges them at once. It
/// fills the same slots.
///
/// 1. It is called as a const object with `(const prompt&, std::span<const completion>)`, from several threads at once,
///    once a group that has completions.
/// 2. It gives one score a completion, in their order: `std::vector<score>`, [G].
///
/// Not required: what a `reward` need not do either.
namespace aha {

/// Callable as a const object with a prompt and its completions.
template <class R>
concept group_reward_is_callable = std::invocable<const R&, const prompt&, std::span<const completion>>;

/// Gives one score a completion.
template <class R>
concept group_reward_gives_scores =
    group_reward_is_callable<R> && requires(const R& r, const prompt& p, std::span<const completion> cs) {
        { r(p, cs) } -> detail::yields<std::vector<score>>;
    };

/// How good the completions of a group are.
template <class R>
concept group_reward = group_reward_is_callable<R> && group_reward_gives_scores<R>;

/// A reward of either kind. What is both is taken as a `reward`.
template <class R>
concept any_reward = reward<R> || group_reward<R>;

/// True, or a compile-time error that says what to write.
template <class R>
consteval bool require_group_reward() {
    static_assert(group_reward_is_callable<R>,
                  "aha: a group reward is called as a const object with a prompt and its completions; write: "
                  "std::vector<aha::score> operator()(const aha::prompt& p, std::span<const aha::completion> cs) "
                  "const;");
    static_assert(!group_reward_is_callable<R> || group_reward_gives_scores<R>,
                  "aha: a group reward gives one score a completion; make its operator() return: "
                  "std::vector<aha::score>");
    return true;
}

/// True, or a compile-time error that says what to write: of a group reward for what is called with completions, else
/// of a reward.
template <class R>
consteval bool require_any_reward() {
    if constexpr (reward<R>) return true;
    else if constexpr (!reward_is_callable<R> && group_reward_is_callable<R>) return require_group_reward<R>();
    else return require_reward<R>();
}

}  // namespace aha
