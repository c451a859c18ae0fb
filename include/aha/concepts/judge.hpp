#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>

#include <aha/concepts/result.hpp>
#include <aha/core/message.hpp>

/// A judge answers messages with a text, from which verdicts are read. A lambda is one.
///
/// 1. It is called as a const object with `(std::span<const message>)`, from several threads at once.
/// 2. It gives a `std::string`: what the judging model says, its thoughts included.
/// 3. Optional: called with a second argument, `std::uint64_t vote`, it gives the answer of that number to the same
///    messages. A judge that draws its answers makes another draw for each vote; one without votes is asked anew.
///
/// A judge that cannot answer throws; what it says and nobody can read as a verdict makes a score "not applicable".
///
/// Not required: that it is fast or gives equal messages equal answers, see `cached`; copies (a reward keeps it, so it
/// can be moved).
namespace aha {

/// Callable as a const object with messages.
template <class J>
concept judge_is_callable = std::invocable<const J&, std::span<const message>>;

/// Gives a text.
template <class J>
concept judge_gives_text = judge_is_callable<J> && requires(const J& j, std::span<const message> messages) {
    { j(messages) } -> detail::yields<std::string>;
};

/// Also tells votes apart; not required.
template <class J>
concept judge_has_votes = requires(const J& j, std::span<const message> messages, std::uint64_t vote) {
    { j(messages, vote) } -> detail::yields<std::string>;
};

/// Answers messages with a text.
template <class J>
concept judge = judge_is_callable<J> && judge_gives_text<J>;

/// True, or a compile-time error that says what to write.
template <class J>
consteval bool require_judge() {
    static_assert(judge_is_callable<J>,
                  "aha: a judge is called as a const object with messages; write: "
                  "std::string operator()(std::span<const aha::message> messages) const; or a lambda that is not "
                  "mutable: [](std::span<const aha::message> messages) { return std::string{...}; }");
    static_assert(!judge_is_callable<J> || judge_gives_text<J>,
                  "aha: a judge gives the text of its answer; make its operator() return: std::string");
    return true;
}

}  // namespace aha
