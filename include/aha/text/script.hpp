#pragma once

#include <algorithm>
#include <string_view>

#include <aha/text/script_table.hpp>

namespace aha {

/// How the character `code` is written: Unicode's property Script of a letter, `mark` of a mark of any script, `common`
/// of everything else. Logarithmic time.
inline script script_of(char32_t code) {
    const auto& runs = detail::script_runs;
    const auto after = std::upper_bound(runs.begin(), runs.end(), code,
                                        [](char32_t c, const detail::script_run& run) { return c < run.first; });
    if (after == runs.begin()) return script::common;
    const detail::script_run& run = *(after - 1);
    return code <= run.last ? run.written : script::common;
}

/// The name in messages: "latin", "han", ...
inline std::string_view to_string(script written) {
    constexpr std::string_view names[] = {"common",   "mark",  "latin",  "han",    "hiragana",   "katakana", "hangul",
                                          "cyrillic", "greek", "arabic", "hebrew", "devanagari", "thai",     "other"};
    return names[static_cast<unsigned char>(written)];
}

}  // namespace aha
