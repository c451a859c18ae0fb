#pragma once

#include <concepts>
#include <type_traits>

/// What the clauses of the slots' concepts say of results: written `{ expression } -> detail::yields<wanted>`.
namespace aha::detail {

/// The result is a `Wanted`, by value or by reference; nothing that merely converts to one, so that `auto` is safe.
template <class Result, class Wanted>
concept yields = std::same_as<std::remove_cvref_t<Result>, Wanted>;

/// The result is an integer (not a bool).
template <class Result>
concept yields_integer = std::integral<std::remove_cvref_t<Result>> && !yields<Result, bool>;

/// The result is a number (not a bool).
template <class Result>
concept yields_number = std::is_arithmetic_v<std::remove_cvref_t<Result>> && !yields<Result, bool>;

}  // namespace aha::detail
