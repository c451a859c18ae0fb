#pragma once

#include <aha/reward/math/same_answer.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/answer_value.hpp>
#include <aha/reward/math/math_verifier.hpp>

namespace aha {

AHA_INLINE bool same_answer(std::string_view reference, std::string_view given) {
    const detail::answer_value wanted = detail::read_answer(reference), said = detail::read_answer(given);
    if (wanted.number && said.number) {  // most answers are numbers
        if (detail::same_answer(wanted, said)) return true;
        const auto has_point = [](std::string_view text) { return text.find('.') != std::string_view::npos; };
        if (!has_point(reference) && !has_point(given)) return false;  // what is left is rounded
    }
    const math_verifier verifier;
    const math::math_answer a = math::read_whole(reference), b = math::read_whole(given);
    if (a.value && b.value) return verifier.same(a, b);
    return detail::same_answer(wanted, said) || verifier.same(a, b);
}

}  // namespace aha
