#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <aha/reward/chain_of_thought.hpp>
#include <aha/reward/trimmed.hpp>

namespace aha {

/// The part of a completion's text that its reader is meant to see: what follows the `</think>` that ends its
/// `chain_of_thought`, without white space at its ends; so nothing escapes both. Nothing if there is no such
/// `</think>` or only white space follows it: a text that never stops thinking has no summary.
inline std::optional<std::string_view> final_summary(std::string_view text, bool prefilled_think = false) {
    constexpr std::string_view think_end = "</think>";
    const std::string_view thought = chain_of_thought(text, prefilled_think);
    const auto end = static_cast<std::size_t>(thought.data() - text.data()) + thought.size();
    if (end == text.size()) return std::nullopt;
    const std::string_view summary = detail::trimmed(text.substr(end + think_end.size()));
    if (summary.empty()) return std::nullopt;
    return summary;
}

}  // namespace aha
