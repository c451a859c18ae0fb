#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <aha/reward/trimmed.hpp>

namespace aha {

/// The content of the last `<answer>...</answer>` that is closed, without white space at its ends. Nothing if there is
/// none. Linear time.
inline std::optional<std::string> answer_tag(std::string_view text) {
    constexpr std::string_view opening = "<answer>", closing = "</answer>";
    const auto last_close = text.rfind(closing);
    if (last_close == std::string_view::npos) return std::nullopt;
    const auto open = text.rfind(opening, last_close);
    if (open == std::string_view::npos) return std::nullopt;
    const auto begin = open + opening.size();
    return std::string{detail::trimmed(text.substr(begin, text.find(closing, begin) - begin))};
}

}  // namespace aha
