#pragma once

#include <cstddef>
#include <string_view>

#include <aha/concepts/reward.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/trimmed.hpp>

namespace aha {

namespace detail {

/// How often `part` occurs in `text`: 0, 1, or 2 for more. Linear time.
inline int occurrences(std::string_view text, std::string_view part) {
    const auto first = text.find(part);
    if (first == std::string_view::npos) return 0;
    return text.find(part, first + part.size()) == std::string_view::npos ? 1 : 2;
}

}  // namespace detail

/// R1's format reward: 1 if the whole completion is `<think>...</think> <answer>...</answer>`, else 0 (paper, section
/// 2.2.2). Each tag occurs exactly once; between the two blocks and around them is nothing but white space; the blocks
/// may be empty. The text is searched, not matched with a regular expression, whose recursion long texts overflow.
struct format_reward {
    bool prefilled_think = false;  ///< the prompt already ends with `<think>`: the completion goes on inside the block

    bool operator()(const prompt&, const completion& given) const {
        constexpr std::string_view think = "<think>", think_end = "</think>", answer = "<answer>",
                                   answer_end = "</answer>";
        const std::string_view text = detail::trimmed(given.text);
        if (detail::occurrences(text, think) != (prefilled_think ? 0 : 1)) return false;
        for (const std::string_view tag : {think_end, answer, answer_end})
            if (detail::occurrences(text, tag) != 1) return false;
        if (!prefilled_think && !text.starts_with(think)) return false;
        const std::size_t between = text.find(think_end) + think_end.size(), second = text.find(answer);
        return text.ends_with(answer_end) && between <= second &&
               detail::trimmed(text.substr(between, second - between)).empty();
    }
};

template <>
inline constexpr bool deterministic_reward<format_reward> = true;

}  // namespace aha
