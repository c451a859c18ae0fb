#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <aha/concepts/reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/answer_tag.hpp>
#include <aha/reward/arithmetic_expression.hpp>

namespace aha {

/// The verifier of Countdown: 1 if the expression in the last `<answer>...</answer>` of the completion uses each of the
/// row's numbers exactly once, with + - * / and round brackets, and is exactly its target. TinyZero's task and reward,
/// where the value is a double within 1e-5 of the target and signs before numbers are allowed. The answer is the
/// expression alone, without "= target". Where the row has "operators", a text such as "+-", it holds no others.
///
/// Throws `aha::error` if the row's numbers are no list of whole numbers from 0 up, its target is no whole number, or
/// its operators are no text.
struct countdown {
    std::string numbers_field = "numbers";      ///< the data row's list of numbers
    std::string target_field = "target";        ///< the data row's whole number to make
    std::string operators_field = "operators";  ///< the data row's operators, if it has such a field
    double well_formed = 0;  ///< for an expression that uses the numbers right but has another value; TinyZero: 0.1

    double operator()(const prompt& asked, const completion& given) const {
        const std::int64_t target = whole(asked, target_field, asked[target_field]);
        const json& list = asked[numbers_field];
        require(list.is_array() && !list.empty(), "prompt ", asked.index, " has ", list.dump(), " in its field \"",
                numbers_field, "\", which is no list of numbers");
        std::vector<std::int64_t> numbers;
        for (const json& one : list) {
            numbers.push_back(whole(asked, numbers_field, one));
            require(numbers.back() >= 0, "prompt ", asked.index, " has the number ", one.dump(), " in its field \"",
                    numbers_field, "\", which no expression can hold: it is negative");
        }
        const auto allowed = asked.fields.find(operators_field);
        require(allowed == asked.fields.end() || allowed->is_string(), "prompt ", asked.index, " has a field \"",
                operators_field, "\" that is not a text");

        const std::optional<std::string> answer = answer_tag(given.text);
        if (!answer) return 0;
        std::optional<detail::arithmetic_expression> said = detail::parse_arithmetic(*answer);
        if (!said) return 0;
        if (allowed != asked.fields.end())
            for (const char op : said->operators)
                if (allowed->get_ref<const std::string&>().find(op) == std::string::npos) return 0;
        std::sort(numbers.begin(), numbers.end());
        std::sort(said->numbers.begin(), said->numbers.end());
        if (numbers != said->numbers) return 0;
        return said->value == detail::rational{target, 1} ? 1 : well_formed;
    }

private:
    static std::int64_t whole(const prompt& asked, const std::string& field, const json& value) {
        require(value.is_number_integer(), "prompt ", asked.index, " has ", value.dump(), " in its field \"", field,
                "\", which is no whole number");
        return value.get<std::int64_t>();
    }
};

template <>
inline constexpr bool deterministic_reward<countdown> = true;

}  // namespace aha
