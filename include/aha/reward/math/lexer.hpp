#pragma once

#include <string_view>
#include <vector>

#include <aha/reward/math/token.hpp>

namespace aha::math {

/// How numbers are told from lists.
struct lexer_options {
    bool as_math_verify = false;  ///< only commas may part thousands, and only where the number is all of the text
};

/// The tokens of a formula in LaTeX or plain text, one of kind `end` behind them. What only concerns looks (`\left`,
/// `\displaystyle`, dollar signs) is left out. Linear time.
std::vector<token> tokens_of(std::string_view formula, const lexer_options& options = {});

}  // namespace aha::math

#ifndef AHA_COMPILED
#include <aha/reward/math/lexer.ipp>
#endif
