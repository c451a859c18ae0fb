#pragma once

#include <concepts>
#include <string_view>

#include <aha/concepts/result.hpp>
#include <aha/core/records.hpp>

/// A filter says whether a sampled completion is fit to learn from, and has a name under which what it refuses is
/// counted.
///
/// 1. It is called as a const object with `(const prompt&, const completion&)` and gives a bool: true keeps it.
/// 2. `name() const` gives what the count of refused completions is called: something that converts to
///    `std::string_view`.
///
/// Not required: default construction or copies.
namespace aha {

/// Callable as a const object with a prompt and a completion.
template <class F>
concept filter_is_callable = std::invocable<const F&, const prompt&, const completion&>;

/// Gives a bool.
template <class F>
concept filter_gives_bool = filter_is_callable<F> && requires(const F& f, const prompt& p, const completion& c) {
    { f(p, c) } -> detail::yields<bool>;
};

/// `name() const` gives text.
template <class F>
concept filter_has_name = requires(const F& f) {
    { f.name() } -> std::convertible_to<std::string_view>;
};

/// Says whether a completion is fit to learn from.
template <class F>
concept completion_filter = filter_is_callable<F> && filter_gives_bool<F> && filter_has_name<F>;

/// True, or a compile-time error that says what to write.
template <class F>
consteval bool require_completion_filter() {
    static_assert(filter_is_callable<F>,
                  "aha: a completion filter is called as a const object with a prompt and a completion; write: "
                  "bool operator()(const aha::prompt& p, const aha::completion& c) const;");
    static_assert(!filter_is_callable<F> || filter_gives_bool<F>,
                  "aha: a completion filter gives true for a completion to keep; make its operator() return: bool");
    static_assert(filter_has_name<F>,
                  "aha: what a completion filter refuses is counted under its name; write: "
                  "std::string name() const;");
    return true;
}

}  // namespace aha
