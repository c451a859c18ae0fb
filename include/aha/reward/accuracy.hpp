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

namespace aha {

/// Where a completion's answer stands.
enum class answer_source {
    last_integer,  ///< the last number of the text, see `last_integer`
    boxed,         ///< the last `\boxed{...}`, see `last_boxed`
    answer_tag,    ///< the last `<answer>...</answer>`, see `answer_tag`
};

/// R1's accuracy reward: 1 if the completion's answer is the one of the data row, else 0 (paper, section 2.2.2).
///
/// With `answer_source::last_integer` the last number of the text is compared with the row's answer, which is an
/// integer, as a number or as a string such as "1,234". With `boxed` and `answer_tag` an answer is all of the box or
/// tag, read as one value: `\frac{1}{2}` is a half and not 2, "1, 2" is no number. Numbers are compared exactly,
/// whatever their spelling ("1,000", "1{,}000", "1e3", "10^3"; "0.5", "1/2", `\dfrac12`; "$5", "5 cm", "x = 5", "The
/// answer is 5."); other answers as text in one spelling (`\dfrac` is `\frac`, white space and `\left` are left out).
/// Equivalent formulas are not recognized. Of a row's text that holds "####", as GSM8K's do, the answer is what follows
/// it. A unit or the name of a variable counts only where both have one; 50% is 1/2, and also what a row calls 50.
///
/// Throws `aha::error` if the row has no such field, or one that no completion could ever equal: a row that cannot be
/// won is a mistake in the data, and scoring it 0 would hide it. Linear time.
struct accuracy {
    std::string field = "answer";                        ///< the data row's field that holds the reference answer
    answer_source source = answer_source::last_integer;  ///< where the completion's answer stands

    bool operator()(const prompt& asked, const completion& given) const {
        const json& wanted = asked[field];
        const auto refuse = [&](std::string_view reason) {
            fail("prompt ", asked.index, " has the answer ", wanted.dump(), " in its field \"", field, "\", ", reason);
        };
        const bool finite = !wanted.is_number_float() || std::isfinite(wanted.get<double>());
        if (!finite || (!wanted.is_string() && !wanted.is_number())) refuse("which is neither a number nor text");
        const detail::answer_value reference = detail::read_answer(
            wanted.is_string() ? detail::final_answer(wanted.get_ref<const std::string&>()) : wanted.dump());
        if (source == answer_source::last_integer) {
            const auto integer = reference.number ? detail::integer_of(*reference.number) : std::nullopt;
            if (!integer) refuse("which is no integer; use answer_source::boxed or answer_source::answer_tag");
            return last_integer(given.text) == *integer;
        }
        const std::optional<std::string> said = answer(given);
        return said && detail::same_answer(reference, detail::read_answer(*said));
    }

    /// The answer that a completion gives, right or not; nothing if it gives none. What `majority` counts.
    std::optional<std::string> answer(const completion& given) const {
        if (source == answer_source::boxed) return last_boxed(given.text);
        if (source == answer_source::answer_tag) return answer_tag(given.text);
        const found_integer number = last_integer(given.text);
        return number ? std::optional{std::to_string(*number)} : std::nullopt;
    }
};

template <>
inline constexpr bool deterministic_reward<accuracy> = true;

}  // namespace aha
