#pragma once

#include <concepts>
#include <span>
#include <vector>

#include <aha/concepts/result.hpp>
#include <aha/core/records.hpp>

/// An advantage compares the scores of one group's completions with each other. A lambda is one.
///
/// 1. It is called as a const object with the group's scores, [G].
/// 2. It gives one finite number a score, in their order: `std::vector<double>`, [G]. A score that is not `applicable`
///    gets 0 and does not influence the others.
///
/// Not required: a mean of zero, invariance under shifts or scales; default construction or copies.
namespace aha {

/// Callable as a const object with a group's scores.
template <class A>
concept advantage_is_callable = std::invocable<const A&, std::span<const score>>;

/// Gives one double a score.
template <class A>
concept advantage_gives_doubles = advantage_is_callable<A> && requires(const A& a, std::span<const score> scores) {
    { a(scores) } -> detail::yields<std::vector<double>>;
};

/// Compares the completions of a group.
template <class A>
concept advantage = advantage_is_callable<A> && advantage_gives_doubles<A>;

/// True, or a compile-time error that says what to write.
template <class A>
consteval bool require_advantage() {
    static_assert(advantage_is_callable<A>,
                  "aha: an advantage is called as a const object with the scores of a group; write: "
                  "std::vector<double> operator()(std::span<const aha::score> scores) const;");
    static_assert(!advantage_is_callable<A> || advantage_gives_doubles<A>,
                  "aha: an advantage gives one double a score; make its operator() return: std::vector<double>");
    return true;
}

}  // namespace aha
