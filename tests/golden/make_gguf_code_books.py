"""Writes include/aha/pretrained/gguf_code_books.hpp from the code books of the package gguf 0.19.0.

Run:  python tests/golden/make_gguf_code_books.py
"""
import pathlib

import gguf

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+-"
BOOKS = {"IQ2_XXS": "256 points of 8", "IQ2_XS": "512 points of 8", "IQ2_S": "1024 points of 8",
         "IQ3_XXS": "256 points of 4", "IQ3_S": "512 points of 4", "IQ1_S": "2048 points of 8, which IQ1_M uses, too"}


def packed(number):
    """Base 32, lowest digit first; a digit of 32 or more says that another follows."""
    text = ""
    while number >= 32:
        text += DIGITS[32 + number % 32]
        number //= 32
    return text + DIGITS[number]


body = ""
for name, what in BOOKS.items():
    kind = getattr(gguf.quants, name)
    kind.init_grid()
    bits = 2 if kind.grid_shape[1] == 8 else 3
    level = {value: i for i, value in enumerate(kind.grid_map)}
    codes = [sum(level[int(x)] << bits * k for k, x in enumerate(point)) for point in kind.grid.reshape(kind.grid_shape)]
    assert codes == sorted(set(codes)) and codes[0] == 0, name
    text = "".join(packed(code - before) for before, code in zip([0] + codes, codes))
    body += f"\n/// {name}'s: {what}, {bits} bits a coordinate.\ninline constexpr std::string_view {name.lower()}_points =\n"
    body += "\n".join('    "%s"' % text[i:i + 110] for i in range(0, len(text), 110)) + ";\n"

target = pathlib.Path(__file__).resolve().parents[2] / "include/aha/pretrained/gguf_code_books.hpp"
target.write_text(f"""#pragma once

#include <string_view>

/// The points that the GGUF types of one to three bits round to: part of these formats, as ggml-common.h has them.
/// Written by tests/golden/make_gguf_code_books.py from the package gguf 0.19.0; do not edit.
///
/// A point's code is its coordinates' levels as one number, the first coordinate lowest. Each list has the steps from one
/// code to the next, in base 32, lowest digit first; a digit of 32 to 63 says that another follows. The digits are
/// `code_book_digits`.
namespace aha::detail {{

inline constexpr std::string_view code_book_digits = "{DIGITS}";
{body}
}}  // namespace aha::detail
""")
print(target.stat().st_size, "bytes in", target.name)
