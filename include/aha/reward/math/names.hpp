#pragma once

#include <cstdint>
#include <string_view>

#include <aha/reward/math/token.hpp>

namespace aha::math {

/// What the lexer does with a command of LaTeX that is none of a formula's own.
enum class command_role : std::uint8_t {
    nothing,     ///< it concerns looks alone
    space,       ///< it is white space
    fence,       ///< `\left` and its like, which make the sign behind them large
    relation,    ///< a sign of relation, `meaning`
    sign,        ///< a sign, `meaning`
    renamed,     ///< another name of the command `meaning`
    words,       ///< words follow in braces
    begin,       ///< `\begin` or `\end`, with an environment
    blackboard,  ///< `\mathbb`, with a letter
};

/// A command of LaTeX.
struct command_entry {
    std::string_view name;     ///< without the backslash
    command_role role;         ///< what is done with it
    std::string_view meaning;  ///< as `command_role` says
};

/// The entry of a command; null for one that the parser knows or nobody does.
const command_entry* find_command(std::string_view name);

/// A character outside ASCII.
struct character_entry {
    std::string_view bytes;    ///< in UTF-8
    token_kind kind;           ///< what it is; `end` is white space
    std::string_view meaning;  ///< the token's text; "^2" is an exponent; empty: it is left out
};

/// The entry of a character; null for a letter of another script and the like.
const character_entry* find_character(std::string_view bytes);

/// Whether a word or command is a function of one argument: "sin".
bool is_function_name(std::string_view name);

/// Whether it is a command for a Greek letter, or one that stands for a symbol as such: "alpha", "ell".
bool is_symbol_command(std::string_view name);

}  // namespace aha::math

#ifndef AHA_COMPILED
#include <aha/reward/math/names.ipp>
#endif
