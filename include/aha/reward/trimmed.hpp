#pragma once

#include <string_view>

namespace aha::detail {

/// The white space of ASCII: what surrounds answers and tags.
inline constexpr std::string_view white_space = " \t\n\v\f\r";

/// `text` without white space at its ends.
inline std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(white_space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

}  // namespace aha::detail
