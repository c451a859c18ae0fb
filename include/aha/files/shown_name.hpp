#pragma once

#include <string>
#include <string_view>

namespace aha::detail {

/// A name out of a file that nobody vouches for, fit for a message: quoted, one line, at most 80 characters.
inline std::string shown_name(std::string_view name) {
    std::string text = "\"";
    for (const char c : name.substr(0, 80)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return text + (name.size() > 80 ? "...\"" : "\"");
}

}  // namespace aha::detail
