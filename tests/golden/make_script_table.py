"""Writes include/aha/text/script_table.hpp from the module regex.

Run:  python tests/golden/make_script_table.py
"""
import importlib.metadata
import pathlib
import regex

SCRIPTS = "Latin Han Hiragana Katakana Hangul Cyrillic Greek Arabic Hebrew Devanagari Thai".split()
of_script = [(name.lower(), regex.compile(r"\p{Script=%s}" % name)) for name in SCRIPTS]
letter, mark = regex.compile(r"\p{L}|\p{Nl}"), regex.compile(r"\p{M}")
unassigned, common = regex.compile(r"\p{Cn}"), regex.compile(r"\p{Script=Common}")


def kind(c):
    text = chr(c)
    if mark.match(text):
        return "mark"
    if unassigned.match(text):
        return None  # of any run: runs grow across what no character has yet
    if not letter.match(text):
        return "common"
    for name, pattern in of_script:
        if pattern.match(text):
            return name
    return "common" if common.match(text) else "other"


runs = []
for c in range(0x110000):
    k = "common" if 0xD800 <= c < 0xE000 else kind(c)
    if k is None:
        continue
    if runs and runs[-1][2] == k:
        runs[-1][1] = c
    else:
        runs.append([c, c, k])
runs = [r for r in runs if r[2] != "common"]
entries = ["{0x%X, 0x%X, %s}," % (first, last, name) for first, last, name in runs]
lines, line = [], "   "
for entry in entries:
    if len(line) + 1 + len(entry) > 120:
        lines.append(line)
        line = "   "
    line += " " + entry
lines.append(line)
version = regex.search(r"Unicode (\d+\.\d+\.\d+)", importlib.metadata.distribution("regex").read_text("METADATA"))[1]
kinds = ", ".join(["common", "mark"] + [name for name, _ in of_script] + ["other"])
out = pathlib.Path(__file__).parents[2] / "include/aha/text/script_table.hpp"
out.write_text(f"""#pragma once

#include <array>

/// Unicode {version}'s letters and marks by script. Written by tests/golden/make_script_table.py with the Python module
/// regex {importlib.metadata.version("regex")}; do not edit.
namespace aha {{

/// How a character is written. `common` is whatever is no letter (digits, punctuation, symbols, white space) and the
/// letters that belong to no script, such as those of mathematics; `mark` is what joins the letter before it (accents,
/// vowel signs, tones); `other` is a letter of a script without a name here.
enum class script : unsigned char {{
    {kinds}
}};

namespace detail {{

/// Characters `first` to `last`, those that Unicode has not assigned between them included.
struct script_run {{
    char32_t first, last;
    script written;
}};

/// In ascending order; what lies between them is `common`.
inline constexpr auto script_runs = [] {{
    using enum script;
    return std::to_array<script_run>({{
    // clang-format off
""" + "\n".join(lines) + """
    // clang-format on
    });
}();

}  // namespace detail

}  // namespace aha
""")
print(out, version, len(runs), "runs")
