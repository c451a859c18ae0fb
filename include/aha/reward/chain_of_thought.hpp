#pragma once

#include <cstddef>
#include <string_view>

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

/// Which part of a completion's text is judged.
struct judged_part {
    bool whole_text = false;       ///< all of it; false: the `chain_of_thought`
    bool prefilled_think = false;  ///< the prompt already ends with `<think>`

    std::string_view operator()(std::string_view text) const {
        return whole_text ? text : chain_of_thought(text, prefilled_think);
    }
};

}  // namespace aha
