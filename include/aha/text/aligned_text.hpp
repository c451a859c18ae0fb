#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/text_span.hpp>

/// Texts that a tokenizer rewrites, with or without the knowledge of where each byte came from. Both kinds have the
/// same members, so that each normalizer is written once; without that knowledge nothing is spent on it.
namespace aha::detail::tokenizing {

/// `code` appended as UTF-8.
inline void append_character(std::string& text, char32_t code) {
    if (code < 0x80) text += static_cast<char>(code);
    else text += utf8::encode(code);
}

/// UTF-8 by itself.
struct plain_text {
    static constexpr bool aligned = false;
    std::string text;

    /// `given` with U+FFFD for what is no UTF-8.
    static plain_text read(std::string_view given) { return {utf8::replace_invalid(given)}; }

    /// A text without bytes, to be filled with what becomes of this one.
    plain_text blank() const { return {}; }
    plain_text slice(text_span part) const { return {text.substr(part.begin, part.end - part.begin)}; }
    /// A part of another text, or bytes that stand for `origin`, at the end.
    void append(const plain_text& from, text_span part) { text.append(from.text, part.begin, part.end - part.begin); }
    void append(std::string_view bytes, text_span) { text += bytes; }
    void append(char32_t code, text_span) { append_character(text, code); }
    text_span origin(text_span) const { return {}; }
};

/// UTF-8 whose bytes know which stretch of the given text they stand for: that of a whole character, as the
/// alignments of the library `tokenizers`.
struct aligned_text {
    static constexpr bool aligned = true;
    std::string text;
    std::vector<text_span> origins;  ///< of each byte, in the given text
    std::size_t begin = 0;           ///< where this text begins in the given one

    static aligned_text read(std::string_view given) {
        aligned_text made;
        made.text.reserve(given.size());
        made.origins.reserve(given.size());
        for (std::size_t at = 0; at < given.size();) {
            const utf8::unit next = utf8::unit_at(given, at);
            made.append(next.valid ? given.substr(at, next.size) : utf8::replacement, {at, at + next.size});
            at += next.size;
        }
        return made;
    }

    aligned_text blank() const { return {{}, {}, begin}; }
    aligned_text slice(text_span part) const {
        aligned_text made{{}, {}, origin(part).begin};
        made.append(*this, part);
        return made;
    }
    void append(const aligned_text& from, text_span part) {
        text.append(from.text, part.begin, part.end - part.begin);
        const auto at = [&](std::size_t i) { return from.origins.begin() + static_cast<std::ptrdiff_t>(i); };
        origins.insert(origins.end(), at(part.begin), at(part.end));
    }
    void append(std::string_view bytes, text_span origin) {
        text += bytes;
        origins.insert(origins.end(), bytes.size(), origin);
    }
    void append(char32_t code, text_span origin) {
        append_character(text, code);
        origins.resize(text.size(), origin);
    }
    /// From where the first byte of `part` came to where its last one came.
    text_span origin(text_span part) const {
        if (part.begin < part.end) return {origins[part.begin].begin, origins[part.end - 1].end};
        const std::size_t at = part.begin < origins.size() ? origins[part.begin].begin
                               : origins.empty()           ? begin
                                                           : origins.back().end;
        return {at, at};
    }
};

/// Writes `text` anew. `produce(old, put)` gives its characters from left to right: `put(code, change)` with 0 for a
/// character in the place of the next old one, 1 for one that is added, and -n for one that also takes the place of the
/// n old ones after it. `dropped` old characters at the start have no successor. An added character stands for what
/// stood before it.
template <class Text, class Produce>
void rewrite(Text& text, std::size_t dropped, Produce&& produce) {
    Text made = text.blank();
    made.text.reserve(text.text.size());
    if constexpr (Text::aligned) {
        made.origins.reserve(text.origins.size());
        std::size_t at = 0;
        const auto pass = [&](std::size_t count) {
            for (; count > 0 && at < text.text.size(); --count) at += utf8::unit_at(text.text, at).size;
        };
        pass(dropped);
        produce(std::string_view{text.text}, [&](char32_t code, int change) {
            // At the end there may be nothing left to stand for; then it is the last stretch again.
            const text_span origin = text.origins.empty() || (change > 0 && at == 0)
                                         ? text_span{text.begin, text.begin}
                                         : text.origins[std::min(change > 0 ? at - 1 : at, text.origins.size() - 1)];
            made.append(code, origin);
            if (change <= 0) pass(static_cast<std::size_t>(1 - change));
        });
    } else {
        produce(std::string_view{text.text}, [&](char32_t code, int) { made.append(code, {}); });
    }
    text = std::move(made);
}

/// The characters of `text` one by one.
template <class See>
void each_character(std::string_view text, See&& see) {
    for (std::size_t at = 0; at < text.size();) {
        const utf8::unit next = utf8::unit_at(text, at);
        see(next.code);
        at += next.size;
    }
}

/// Each character that satisfies `keep` becomes `as(it)`; the others go.
template <class Text, class Keep, class As>
void filter_map(Text& text, Keep keep, As as) {
    std::size_t dropped = 0;
    for (std::size_t at = 0; at < text.text.size(); ++dropped) {
        const utf8::unit next = utf8::unit_at(text.text, at);
        if (keep(next.code)) break;
        at += next.size;
    }
    rewrite(text, dropped, [&](std::string_view old, auto put) {
        // A kept character is given when it is known how many after it go.
        char32_t last = 0;
        int removed = 0;
        bool waiting = false;
        each_character(old, [&](char32_t code) {
            if (!keep(code)) {
                ++removed;
                return;
            }
            if (waiting) put(as(last), -removed);
            last = code, removed = 0, waiting = true;
        });
        if (waiting) put(as(last), -removed);
    });
}

/// Throws `aha::error` where the steps of a tokenizer.json made far too much of a text: of many that write more than
/// they read, each may double it.
inline void check_growth(std::size_t bytes_before, std::size_t bytes) {
    require(bytes <= 4096 + 100 * bytes_before, "the tokenizer's normalizer or pre-tokenizer makes ", bytes,
            " bytes of a text of ", bytes_before);
}

}  // namespace aha::detail::tokenizing
