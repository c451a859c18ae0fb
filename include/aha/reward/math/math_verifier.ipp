#pragma once

#include <algorithm>

#include <aha/reward/math/math_verifier.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/characters.hpp>
#include <aha/reward/math/equality.hpp>

namespace aha {

AHA_INLINE bool math_verifier::same(const math::math_answer& gold, const math::math_answer& given) const {
    const bool as_math_verify = options_.equality.as_math_verify;
    if (!as_math_verify && !gold.unit.empty() && !given.unit.empty() && gold.unit != given.unit) return false;
    if (gold.value && given.value) {
        math::work_budget budget{options_.budget};
        if (math::same_value(*gold.value, *given.value, options_.equality, budget)) return true;
    }
    if (gold.text.empty() || given.text.empty()) return false;
    if (as_math_verify) return gold.text == given.text;
    return !gold.value && !given.value && gold.text == given.text;
}

AHA_INLINE bool math_verifier::operator()(std::span<const std::string> golds, std::string_view answer) const {
    const math::math_answer given = read(answer);
    return std::any_of(golds.begin(), golds.end(), [&](const std::string& gold) { return same(read(gold), given); });
}

}  // namespace aha
