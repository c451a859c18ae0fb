#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <aha/text/script.hpp>
#include <aha/files/utf8.hpp>

namespace aha {

/// A word as it stands in a text.
struct word {
    std::string_view text;           ///< the word
    script written = script::other;  ///< as it stands in the text
    bool operator==(const word&) const = default;
};

/// Whether words of this script are written without spaces between them: a character then counts as a word.
constexpr bool is_unspaced(script written) {
    return written == script::han || written == script::hiragana || written == script::katakana ||
           written == script::thai;
}

/// The words of `text`, which must outlive them: runs of letters of one script with the marks on them. "don't" is one
/// word, an apostrophe between two letters being part of it. A Han, kana or Thai character is a word by itself, since
/// no space says where words end. Digits, punctuation, symbols and bytes that are no UTF-8 are no words. Linear time.
inline std::vector<word> words_of(std::string_view text) {
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
