"""Writes include/aha/text/jinja/character_tables.hpp: the values of characters that
Python's str methods know and neither utf8proc nor PCRE2 does.

Run:  python3.11 tests/golden/make_character_tables.py   (whose Unicode is 14.0)
"""
import pathlib
import unicodedata

characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def ranges(holds):
    found = []
    for c in filter(holds, characters):
        if found and found[-1][1] == ord(c) - 1:
            found[-1][1] = ord(c)
        else:
            found.append([ord(c), ord(c)])
    return found


def table(name, what, holds):
    rows = ", ".join(f"{{0x{a:X}, 0x{b:X}}}" for a, b in ranges(holds))
    return f"/// {what}\ninline constexpr code_range {name}[] = {{{rows}}};\n"


def of(category):
    return lambda c: unicodedata.category(c) == category


tables = [
    table("other_digits", "Digits (`isdigit`) beyond the category Nd.", lambda c: c.isdigit() and not of("Nd")(c)),
    table("other_numbers", "Letters with a numeric value (`isnumeric`) beyond the categories Nd, Nl and No.",
          lambda c: c.isnumeric() and unicodedata.category(c)[0] != "N"),
]
header = f"""#pragma once

#include <cstdint>

/// Made by tests/golden/make_character_tables.py from Unicode {unicodedata.unidata_version}.
namespace aha::detail::jinja {{

struct code_range {{
    std::uint32_t first, last;
}};

{chr(10).join(tables)}
}}  // namespace aha::detail::jinja
"""
path = pathlib.Path(__file__).resolve().parent.parent.parent / "include" / "aha" / "text" / "jinja" / "character_tables.hpp"
path.write_text(header)
print(path)
