#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include <aha/concepts/result.hpp>

/// An aggregation says how much a token counts: what the sum over a batch's tokens is divided by. A lambda is one.
///
/// 1. It is called as a const object with the lengths in tokens of all completions of the whole batch, [S].
/// 2. It gives for each completion the weight of each of its tokens, 1 / denominator: `std::vector<double>`, [S]. A
///    completion without tokens has any finite weight.
///
/// Not required: weights that add up to 1; default construction or copies.
namespace aha {

/// Callable as a const object with the lengths of a batch's completions.
template <class A>
concept aggregation_is_callable = std::invocable<const A&, std::span<const std::int64_t>>;

/// Gives one double a completion.
template <class A>
concept aggregation_gives_doubles =
    aggregation_is_callable<A> && requires(const A& a, std::span<const std::int64_t> lengths) {
        { a(lengths) } -> detail::yields<std::vector<double>>;
    };

/// How much each token counts.
template <class A>
concept aggregation = aggregation_is_callable<A> && aggregation_gives_doubles<A>;

/// True, or a compile-time error that says what to write.
template <class A>
consteval bool require_aggregation() {
    static_assert(aggregation_is_callable<A>,
                  "aha: an aggregation is called as a const object with the lengths of a batch's completions; write: "
                  "std::vector<double> operator()(std::span<const std::int64_t> lengths) const;");
    static_assert(!aggregation_is_callable<A> || aggregation_gives_doubles<A>,
                  "aha: an aggregation gives the weight of a token for each completion; make its operator() return: "
                  "std::vector<double>");
    return true;
}

}  // namespace aha
