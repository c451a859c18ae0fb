#pragma once

#include <string_view>
#include <vector>

#include <aha/text/script.hpp>

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
std::vector<word> words_of(std::string_view text);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/text/words.ipp>
#endif
