#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include <aha/concepts/reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/answer_tag.hpp>
#include <aha/reward/answer_value.hpp>
#include <aha/reward/exact_number.hpp>
#include <aha/reward/last_boxed.hpp>
#include <aha/reward/last_integer.hpp>
#include <aha/reward/math/math_verifier.hpp>
#include <aha/reward/math/same_answer.hpp>

namespace aha {

/// Where a completion's answer stands.
enum class answer_source {
    last_integer,  ///< the last number of the text, see `last_integer`
    boxed,         ///< the last `\boxed{...}`, see `last_boxed`
    answer_tag,    ///< the last `<answer>...</answer>`, see `answer_tag`
    math,          ///< wherever a completion says it, see `math_verifier`
};

/// R1's accuracy reward: 1 if the completion's answer is the one of the data row, else 0 (paper, section 2.2.2).
///
/// With `answer_source::last_integer` the last number of the text is compared with the row's answer, which is an
/// integer, as a number or as a string such as "1,234". With `boxed` and `answer_tag` an answer is all of the box or
/// tag, with `math` what `math_verifier` finds; two of them are equal as `math_verifier` has it (docs/verifiers.md):
/// "1,000", "1{,}000", "1e3" and "10^3"; "0.5", "1/2" and `\dfrac12`; "$5", "5 cm", "x = 5" and "The answer is 5.";
/// `(x+1)^2` and `x^2+2x+1`; texts that are no formula in one spelling. Of a row's text that holds "####", as GSM8K's
/// do, the answer is what follows it. A unit or the name of a variable counts only where both have one; 50% is 1/2, and
/// also what a row calls 50. A row may have a list of answers, each of which is right.
///
/// Throws `aha::error` if the row has no such field, or one that no completion could ever equal: a row that cannot be
/// won is a mistake in the data, and scoring it 0 would hide it. Linear time but for the comparison, whose work is
/// bounded.
struct accuracy {
    std::string field = "answer";                        ///< the data row's field that holds the reference answer
    answer_source source = answer_source::last_integer;  ///< where the completion's answer stands

    bool operator()(const prompt& asked, const completion& given) const {
        const json& wanted = asked[field];
        if (!wanted.is_array()) return equals(asked, wanted, given);
        if (wanted.empty()) refuse(asked, wanted, "which is an empty list");
        bool any = false;
        for (const json& one : wanted) any = equals(asked, one, given) || any;
        return any;
    }

    /// The answer that a completion gives, right or not; nothing if it gives none. What `majority` counts.
    std::optional<std::string> answer(const completion& given) const {
        if (source == answer_source::boxed) return last_boxed(given.text);
        if (source == answer_source::answer_tag) return answer_tag(given.text);
        if (source == answer_source::math) {
            const math::math_answer found = math_verifier{}.read(given.text);
            return found ? std::optional{to_text(found)} : std::nullopt;
        }
        const found_integer number = last_integer(given.text);
        return number ? std::optional{std::to_string(*number)} : std::nullopt;
    }

private:
    [[noreturn]] void refuse(const prompt& asked, const json& wanted, std::string_view reason) const {
        fail("prompt ", asked.index, " has the answer ", wanted.dump(), " in its field \"", field, "\", ", reason);
    }

    bool equals(const prompt& asked, const json& wanted, const completion& given) const {
        const bool finite = !wanted.is_number_float() || std::isfinite(wanted.get<double>());
        if (!finite || (!wanted.is_string() && !wanted.is_number()))
            refuse(asked, wanted, "which is neither a number nor text");
        const std::string text{wanted.is_string() ? detail::final_answer(wanted.get_ref<const std::string&>())
                                                  : std::string_view{}};
        const std::string reference = wanted.is_string() ? text : wanted.dump();
        if (source == answer_source::last_integer) {
            const detail::answer_value said = detail::read_answer(reference);
            const auto integer = said.number ? detail::integer_of(*said.number) : std::nullopt;
            if (!integer)
                refuse(asked, wanted, "which is no integer; use answer_source::boxed or answer_source::answer_tag");
            return last_integer(given.text) == *integer;
        }
        if (source == answer_source::math) {
            const math_verifier verifier;
            return verifier(reference, given.text);
        }
        const std::optional<std::string> said = answer(given);
        return said && same_answer(reference, *said);
    }
};

template <>
inline constexpr bool deterministic_reward<accuracy> = true;

}  // namespace aha
