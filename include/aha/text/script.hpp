#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aha/text/character_set.hpp>

namespace aha {

/// How a character is written. `common` is whatever is no letter (digits, punctuation, symbols, white space) and the
/// letters that belong to no script, such as those of mathematics; `mark` is what joins the letter before it (accents,
/// vowel signs, tones); `other` is a letter of a script without a name here.
enum class script : std::uint8_t {
    common,
    mark,
    latin,
    han,
    hiragana,
    katakana,
    hangul,
    cyrillic,
    greek,
    arabic,
    hebrew,
    devanagari,
    thai,
    other
};

/// The name in messages: "latin", "han", ...
constexpr std::string_view to_string(script written) {
    constexpr std::string_view names[] = {"common",   "mark",  "latin",  "han",    "hiragana",   "katakana", "hangul",
                                          "cyrillic", "greek", "arabic", "hebrew", "devanagari", "thai",     "other"};
    return names[static_cast<std::size_t>(written)];
}

namespace detail {

/// The script of each character.
inline std::vector<script> read_scripts() {
    std::vector<script> scripts(characters_end, script::common);
    const auto put = [&](script written, std::string_view pattern, script over) {
        each_matching_character(pattern, [&](char32_t code) {
            if (scripts[code] == over) scripts[code] = written;
        });
    };
    put(script::mark, "\\p{M}+", script::common);
    put(script::other, "(?:(?!\\p{sc:Common})[\\p{L}\\p{Nl}])+", script::common);
    // sc: is the script that a character has, not all that it occurs in. Names of scripts ignore case.
    for (auto named = script::latin; named < script::other; named = static_cast<script>(static_cast<int>(named) + 1))
        put(named, "\\p{sc:" + std::string{to_string(named)} + "}+", script::other);
    return scripts;
}

}  // namespace detail

/// How the character `code` is written: Unicode's property Script of a letter, `mark` of a mark of any script, `common`
/// of everything else, which includes what Unicode has not assigned in the version that PCRE2 was built with (14 in
/// PCRE2 10.42). The first call in a program reads PCRE2's tables; those after it are a look-up.
inline script script_of(char32_t code) {
    static const std::vector<script> scripts = detail::read_scripts();
    return code < scripts.size() ? scripts[code] : script::common;
}

}  // namespace aha
