#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include <aha/reward/trimmed.hpp>

namespace aha {

/// The part of a completion's text that is thought.
///
/// It begins after the first `<think>`, or at the beginning if there is none or `prefilled_think` says that the prompt
/// ends with it; it goes on to the next `</think>`, or to the end if there is none. So a text without tags is thought
/// throughout, and leaving out the tags hides nothing from whoever judges thoughts.
inline std::string_view chain_of_thought(std::string_view text, bool prefilled_think = false) {
    constexpr std::string_view think = "<think>", think_end = "</think>";
    if (!prefilled_think)
        if (const std::size_t open = text.find(think); open != std::string_view::npos)
            text.remove_prefix(open + think.size());
    return text.substr(0, text.find(think_end));
}

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

/// Which part of a completion's text is judged.
struct judged_part {
    bool whole_text = false;       ///< all of it; false: the `chain_of_thought`
    bool prefilled_think = false;  ///< the prompt already ends with `<think>`

    std::string_view operator()(std::string_view text) const {
        return whole_text ? text : chain_of_thought(text, prefilled_think);
    }
};

}  // namespace aha
