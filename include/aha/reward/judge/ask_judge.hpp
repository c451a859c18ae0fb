#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <aha/concepts/judge.hpp>
#include <aha/core/message.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// The judge's answer of that number, where it tells votes apart; else it is asked anew.
template <judge J>
std::string ask_judge(const J& asked, std::span<const message> messages, std::uint64_t vote = 0) {
    if constexpr (judge_has_votes<J>) return asked(messages, vote);
    else return asked(messages);
}

namespace detail {

/// The metric of judges that counts what they say and nobody can read: 1 of such a completion, else 0.
inline constexpr const char* unreadable = "unreadable";

/// The score of a completion whose verdict cannot be read.
inline score unreadable_verdict() {
    score none = score::not_applicable();
    none.parts.emplace_back(unreadable, 1);
    return none;
}

}  // namespace detail

}  // namespace aha
