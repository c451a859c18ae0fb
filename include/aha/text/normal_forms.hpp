#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utf8proc.h>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/aligned_text.hpp>

/// Unicode's normal forms (https://www.unicode.org/reports/tr15), by the tables of utf8proc.
namespace aha::detail::tokenizing {

inline utf8proc_int32_t as_utf8proc(char32_t code) { return static_cast<utf8proc_int32_t>(code); }

/// The general category of a character.
inline utf8proc_category_t category(char32_t code) { return utf8proc_category(as_utf8proc(code)); }

/// Whether a character is a mark (general category M).
inline bool is_mark(char32_t code) {
    const utf8proc_category_t kind = category(code);
    return kind == UTF8PROC_CATEGORY_MN || kind == UTF8PROC_CATEGORY_MC || kind == UTF8PROC_CATEGORY_ME;
}

/// Which form: NFC and NFKC are composed, NFKC and NFKD take what is compatible for what is equal.
struct normal_form {
    bool composed = true;
    bool compatible = false;

    /// `text` in this form. Where a character came from is told as the library `tokenizers` tells it: a composed one
    /// from its first part, all parts of one that came apart from the whole.
    template <class Text>
    void operator()(Text& text) const {
        if (is_plain(text.text)) return;
        rewrite(text, 0, [&](std::string_view old, auto put) {
            std::vector<part> parts = decomposed(old);
            if (composed) compose(parts);
            for (const part& next : parts)
                if (!next.gone) put(next.code, next.change);
        });
    }

private:
    struct part {
        char32_t code = 0;
        int change = 0;  // as `rewrite` wants it
        int combining = 0;
        bool gone = false;
    };

    /// True if all characters are their own form and none combines with what stands before it.
    bool is_plain(std::string_view text) const {
        const char32_t first = compatible ? 0xA0 : composed ? 0x300 : 0xC0;
        for (std::size_t at = 0; at < text.size();) {
            if (static_cast<unsigned char>(text[at]) < 0x80) {
                ++at;
                continue;
            }
            const utf8::unit next = utf8::unit_at(text, at);
            if (next.code >= first && !is_plain(next.code)) return false;
            at += next.size;
        }
        return true;
    }

    bool is_plain(char32_t code) const {
        // Only marks and the later letters of a Hangul syllable combine with what stands before them.
        if (is_mark(code) || (code >= 0x1160 && code <= 0x11FF)) return false;
        const bool hangul = code >= 0xAC00 && code <= 0xD7A3;
        if (hangul) return composed;
        const utf8proc_property_t* const facts = utf8proc_get_property(as_utf8proc(code));
        return facts->combining_class == 0 && facts->decomp_seqindex == UINT16_MAX;
    }

    std::vector<part> decomposed(std::string_view text) const {
        std::vector<part> parts;
        parts.reserve(text.size());
        std::size_t settled = 0;  // parts before this are in order
        const auto sort = [&] {
            if (parts.size() > settled + 1)
                std::ranges::stable_sort(parts.begin() + static_cast<std::ptrdiff_t>(settled), parts.end(), {},
                                         &part::combining);
            settled = parts.size();
        };
        each_character(text, [&](char32_t code) {
            std::array<utf8proc_int32_t, 32> into{};
            int last = 0;
            const auto options =
                static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | (compatible ? UTF8PROC_COMPAT : 0));
            const auto count = utf8proc_decompose_char(as_utf8proc(code), into.data(), into.size(), options, &last);
            require(count >= 0 && count <= std::ssize(into), "a character of the text cannot be taken apart");
            for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
                const int combining = utf8proc_get_property(into[i])->combining_class;
                if (combining == 0) sort();
                parts.push_back({static_cast<char32_t>(into[i]), i > 0 ? 1 : 0, combining});
                if (combining == 0) settled = parts.size();
            }
        });
        sort();
        return parts;
    }

    static void compose(std::vector<part>& parts) {
        part* starter = nullptr;
        int last = -1;  // the largest combining class since the starter, or -1: nothing stands between
        for (part& next : parts) {
            if (starter != nullptr && last < next.combining) {
                std::array<utf8proc_int32_t, 2> pair{as_utf8proc(starter->code), as_utf8proc(next.code)};
                // Without the second option it would make what Unicode excludes from composition.
                const auto options = static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
                if (utf8proc_normalize_utf32(pair.data(), 2, options) == 1) {
                    starter->code = static_cast<char32_t>(pair[0]);
                    starter->change += next.change - 1;
                    next.gone = true;
                    continue;
                }
            }
            if (next.combining == 0) starter = &next, last = -1;
            else last = next.combining;
        }
    }
};

/// The small letter or letters of `code`, as Unicode's full mapping has it.
template <class Put>
void lower(char32_t code, Put&& put) {
    if (code == 0x130) return put(U'i', 0), put(char32_t{0x307}, 1);
    put(static_cast<char32_t>(utf8proc_tolower(as_utf8proc(code))), 0);
}

/// Unicode's White_Space.
constexpr bool is_white_space(char32_t code) {
    return (code >= 0x09 && code <= 0x0D) || code == 0x20 || code == 0x85 || code == 0xA0 || code == 0x1680 ||
           (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F ||
           code == 0x3000;
}

}  // namespace aha::detail::tokenizing
