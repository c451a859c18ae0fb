"""Writes include/aha/text/nfc_tables.hpp from Python's unicodedata.

Run:  python tests/golden/make_nfc_tables.py
"""
import pathlib
import sys
import unicodedata

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-"


def packed(number):
    """Base 32, lowest digit first; a digit of 32 or more says that another follows."""
    text = ""
    while number >= 32:
        text += DIGITS[32 + number % 32]
        number //= 32
    return text + DIGITS[number]


def literal(text):
    return "\n".join('    "%s"' % text[i:i + 110] for i in range(0, len(text), 110))


characters = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and not 0xAC00 <= c < 0xD7A4]
classes, before, run = "", 0, []
for c in characters:
    kind = unicodedata.combining(c)
    if run and (kind != run[2] or ord(c) != run[0] + run[1]):
        classes += packed(run[0] - before) + packed(run[1]) + packed(run[2])
        before, run = sum(run[:2]), []
    if kind:
        run = [run[0], run[1] + 1, kind] if run else [ord(c), 1, kind]

decompositions, before = "", 0
for c in characters:
    parts = unicodedata.decomposition(c)
    if not parts or parts.startswith("<"):
        continue
    parts = [int(p, 16) for p in parts.split()]
    # Two characters that the composition of Unicode puts together again, or that stay apart: 1 or 0.
    together = unicodedata.normalize("NFC", c) == c
    assert len(parts) == 2 or not together
    second = parts[1] if len(parts) == 2 else 0
    decompositions += packed(ord(c) - before) + packed(parts[0]) + packed(second * 2 + together)
    before = ord(c)

out = pathlib.Path(__file__).resolve().parents[2] / "include" / "aha" / "text" / "nfc_tables.hpp"
out.write_text(f"""#pragma once

#include <string_view>

/// Unicode {unicodedata.unidata_version}'s data for normalisation form C, without the Hangul syllables, which have a rule.
/// Written by tests/golden/make_nfc_tables.py from Python {sys.version.split()[0]}'s unicodedata; do not edit.
///
/// Both are rows of numbers, each in base 32, lowest digit first; a digit of 32 to 63 says that another follows. The
/// digits are `nfc_digits`.
namespace aha::detail::tokenizing {{

inline constexpr std::string_view nfc_digits =
    "{DIGITS}";

/// Runs of characters with a canonical combining class that is not 0: start less the end before, length, class.
inline constexpr std::string_view nfc_classes =
{literal(classes)};

/// Characters with a canonical decomposition: code less the code before, first part, and 2 * second part (0: none) + 1
/// if the two parts compose.
inline constexpr std::string_view nfc_decompositions =
{literal(decompositions)};

}}  // namespace aha::detail::tokenizing
""")
