#pragma once

#include <cstddef>

#include <aha/text/words.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/utf8.hpp>

namespace aha {

AHA_INLINE std::vector<word> words_of(std::string_view text) {
    std::vector<word> found;
    bool open = false;  // the last word may go on at this character
    for (std::size_t at = 0; at < text.size();) {
        const utf8::unit next = utf8::unit_at(text, at);
        const script written = next.valid ? script_of(next.code) : script::common;
        const auto extend = [&] {
            const std::string_view last = found.back().text;
            found.back().text = {last.data(), static_cast<std::size_t>(text.data() + at + next.size - last.data())};
        };
        if (written == script::mark) {
            if (open) extend();
        } else if (written == script::common) {
            const bool apostrophe = next.code == U'\'' || next.code == U'\u2019';
            const utf8::unit after = utf8::unit_at(text, at + next.size);
            open = open && apostrophe && after.valid && script_of(after.code) == found.back().written;
        } else if (open && written == found.back().written && !is_unspaced(written)) {
            extend();
        } else {
            found.push_back({text.substr(at, next.size), written});
            open = true;
        }
        at += next.size;
    }
    return found;
}

}  // namespace aha
