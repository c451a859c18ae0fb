#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <aha/files/utf8.hpp>
#include <aha/text/regex.hpp>
#include <aha/text/text_span.hpp>

/// Unicode's properties of characters, by PCRE2's tables (Unicode 14 in PCRE2 10.42).
namespace aha::detail {

inline constexpr char32_t characters_end = 0x110000;

/// All characters in order, as UTF-8, but for planes 4 to 13, of which Unicode has assigned nothing, and the two of
/// private use.
inline const std::string& unicode_text() {
    static const std::string text = [] {
        std::string all;
        for (char32_t c = 0; c < 0xF0000; c = c == 0x3FFFF ? 0xE0000 : c + 1)
            if (c < 0xD800 || c >= 0xE000) all += utf8::encode(c);
        return all;
    }();
    return text;
}

/// Calls `see(code)` for each character that stands in a match of `pattern`.
template <class See>
void each_matching_character(std::string_view pattern, See&& see) {
    const std::string& all = unicode_text();
    for (const text_span& run : regex{pattern}.matches(all))
        for (std::size_t at = run.begin; at < run.end;) {
            const utf8::unit next = utf8::unit_at(all, at);
            see(next.code);
            at += next.size;
        }
}

/// The characters that `pattern` matches, "\\p{Lowercase}+" for one. Made once, each question is a look-up.
class character_set {
public:
    explicit character_set(std::string_view pattern) : has_(characters_end) {
        each_matching_character(pattern, [&](char32_t code) { has_[code] = true; });
    }

    bool contains(char32_t code) const { return code < characters_end && has_[code]; }

private:
    std::vector<bool> has_;
};

}  // namespace aha::detail
