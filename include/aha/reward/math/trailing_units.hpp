#pragma once

#include <vector>

#include <aha/reward/math/lexer.hpp>

namespace aha::math::detail {

/// The tokens of a formula without units and words behind it, as Math-Verify leaves them out: "5 `\text{ cm}`^2", "5
/// cm" and "3 apples" are 5, 5 and 3. What has nothing else stays.
///
/// @param words_only leave `\text{...}` where it is
std::vector<token> without_units(std::vector<token> tokens, bool words_only);

}  // namespace aha::math::detail

#ifndef AHA_COMPILED
#include <aha/reward/math/trailing_units.ipp>
#endif
