#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <aha/reward/trimmed.hpp>

namespace aha {

namespace detail {

/// The position of the "{" after the last `command` that has one, white space between them allowed; npos if none has.
inline std::size_t last_opening(std::string_view text, std::string_view command) {
    for (std::size_t at = text.rfind(command); at != std::string_view::npos;
         at = at == 0 ? std::string_view::npos : text.rfind(command, at - 1)) {
        const auto next = text.find_first_not_of(white_space, at + command.size());
        if (next != std::string_view::npos && text[next] == '{') return next;
    }
    return std::string_view::npos;
}

}  // namespace detail

/// The content of the last `\boxed{...}` or `\fbox{...}`, without white space at its ends: where mathematics puts its
/// final answer. Of nested boxes it is the innermost. Braces inside are balanced, `\{` and `\}` not counted. Nothing if
/// there is no box or the last one is not closed (a truncated answer: an earlier box is not the final one). Linear
/// time.
inline std::optional<std::string> last_boxed(std::string_view text) {
    const std::size_t boxed = detail::last_opening(text, "\\boxed"), fbox = detail::last_opening(text, "\\fbox");
    constexpr std::size_t none = std::string_view::npos;
    const std::size_t open = boxed == none ? fbox : fbox == none ? boxed : std::max(boxed, fbox);
    if (open == none) return std::nullopt;
    std::size_t depth = 0;
    for (std::size_t at = open; at < text.size(); ++at) {
        if (text[at] == '\\') ++at;  // the next character is a command's or a brace to print
        else if (text[at] == '{') ++depth;
        else if (text[at] == '}' && --depth == 0)
            return std::string{detail::trimmed(text.substr(open + 1, at - open - 1))};
    }
    return std::nullopt;
}

}  // namespace aha
