#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include <aha/reward/countdown.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/answer_tag.hpp>
#include <aha/reward/arithmetic_expression.hpp>

namespace aha {

AHA_INLINE double countdown::operator()(const prompt& asked, const completion& given) const {
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

AHA_INLINE std::int64_t countdown::whole(const prompt& asked, const std::string& field, const json& value) {
    require(value.is_number_integer(), "prompt ", asked.index, " has ", value.dump(), " in its field \"", field,
            "\", which is no whole number");
    return value.get<std::int64_t>();
}

}  // namespace aha
