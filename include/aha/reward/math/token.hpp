#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aha::math {

/// What a token is.
enum class token_kind : std::uint8_t {
    number,    ///< digits, with at most one decimal point, without separators of thousands
    word,      ///< letters that stand together, outside of a command
    command,   ///< a LaTeX command without its backslash, in one spelling: "frac" for `\dfrac`
    text,      ///< the words in `\text{...}` and its like, trimmed
    sign,      ///< anything else: "+", "(", "\\{", "%"
    relation,  ///< a character of `relation_sign`, '~' for "about", ':' for "is in" or '!' for "is not in"
    end,       ///< behind the last
};

/// A part of a formula.
struct token {
    token_kind kind = token_kind::end;  ///< what it is
    std::string text{};                 ///< as `token_kind` says
    bool spaced = false;                ///< white space or a command for it stands before

    /// Whether it is this sign.
    bool is(std::string_view sign) const { return kind == token_kind::sign && text == sign; }
    /// Whether it is this command.
    bool is_command(std::string_view name) const { return kind == token_kind::command && text == name; }
};

}  // namespace aha::math
