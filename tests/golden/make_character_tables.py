"""Writes include/aha/text/jinja/character_tables.hpp: what Python's str methods know of characters and utf8proc does not.

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


def literal(text):
    return "U\"" + "".join(f"\\U{ord(c):08x}" for c in text) + "\""


def table(name, what, holds):
    rows = ", ".join(f"{{0x{a:X}, 0x{b:X}}}" for a, b in ranges(holds))
    return f"/// {what}\ninline constexpr code_range {name}[] = {{{rows}}};\n"


def of(category):
    return lambda c: unicodedata.category(c) == category


special = [c for c in characters if len(c.upper()) > 1 or len(c.title()) > 1]
rows = ", ".join("{0x%X, %s, %s}" % (ord(c), literal(c.upper()), literal(c.title())) for c in special)
tables = [
    table("other_lower_case", "Letters and signs of lower case beyond the category Ll.", lambda c: c.islower() and not of("Ll")(c)),
    table("other_upper_case", "Letters and signs of upper case beyond the category Lu.", lambda c: c.isupper() and not of("Lu")(c)),
    table("other_digits", "Digits (`isdigit`) beyond the category Nd.", lambda c: c.isdigit() and not of("Nd")(c)),
    table("other_numbers", "Letters with a numeric value (`isnumeric`) beyond the categories Nd, Nl and No.",
          lambda c: c.isnumeric() and unicodedata.category(c)[0] != "N"),
]
header = f"""#pragma once

#include <cstdint>
#include <string_view>

/// Made by tests/golden/make_character_tables.py from Unicode {unicodedata.unidata_version}.
namespace aha::detail::jinja {{

struct code_range {{
    std::uint32_t first, last;
}};

/// A character whose upper case or title case is more than one character (Unicode's SpecialCasing).
struct long_case {{
    std::uint32_t code;
    std::u32string_view upper, title;
}};
inline constexpr long_case long_cases[] = {{{rows}}};

{chr(10).join(tables)}
}}  // namespace aha::detail::jinja
"""
path = pathlib.Path(__file__).resolve().parent.parent.parent / "include" / "aha" / "text" / "jinja" / "character_tables.hpp"
path.write_text(header)
print(path, len(special))
