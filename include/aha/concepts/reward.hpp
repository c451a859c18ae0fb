#pragma once

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include <aha/concepts/result.hpp>
#include <aha/core/records.hpp>

/// A reward says how good a completion is. A lambda is one.
///
/// 1. It is called as a const object with `(const prompt&, const completion&)`, from several threads at once.
/// 2. It gives a bool (1 or 0), a number, an `aha::score` (a number with named parts), or a `std::optional<double>`
///    whose nothing means "not applicable": the completion is left out of its group's statistics.
///
/// Not required: that it never throws or is fast (the reward stage has rules for both); determinism, see
/// `deterministic_reward`; default construction or copies (a trainer keeps it, so it can be moved).
namespace aha {

/// Whether equal prompts and completions always get equal scores, so that a score may be kept instead of computed anew.
/// Nothing in a type's syntax shows it, hence it is off until one says so:
/// `template <> inline constexpr bool aha::deterministic_reward<my_reward> = true;`
template <class R>
inline constexpr bool deterministic_reward = false;

/// What a reward may give.
template <class Result>
concept reward_result = std::is_arithmetic_v<std::remove_cvref_t<Result>> || detail::yields<Result, score> ||
                        detail::yields<Result, std::optional<double>>;

/// Callable as a const object with a prompt and a completion.
template <class R>
concept reward_is_callable = std::invocable<const R&, const prompt&, const completion&>;

/// Gives something that is a score.
template <class R>
concept reward_gives_score = reward_is_callable<R> && requires(const R& r, const prompt& p, const completion& c) {
    { r(p, c) } -> reward_result;
};

/// How good a completion is.
template <class R>
concept reward = reward_is_callable<R> && reward_gives_score<R>;

/// True, or a compile-time error that says what to write.
template <class R>
consteval bool require_reward() {
    static_assert(
        reward_is_callable<R>,
        "aha: a reward is called as a const object with a prompt and a completion; write: "
        "double operator()(const aha::prompt& p, const aha::completion& c) const; or a lambda that is not mutable: "
        "[](const aha::prompt& p, const aha::completion& c) { return 1.0; }");
    static_assert(!reward_is_callable<R> || reward_gives_score<R>,
                  "aha: a reward gives a bool, a number, an aha::score or a std::optional<double>; write: "
                  "double operator()(const aha::prompt& p, const aha::completion& c) const;");
    return true;
}

}  // namespace aha
