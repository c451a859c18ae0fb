#pragma once

#include <string_view>

namespace aha {

/// Whether two answers say the same, each of which is all of its text: "1/2" and "0.50", "(x+1)^2" and "x^2+2x+1",
/// "yes" and "Yes". As `math_verifier` compares them.
bool same_answer(std::string_view reference, std::string_view given);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/math/same_answer.ipp>
#endif
