#pragma once

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include <aha/concepts/reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/answer_tag.hpp>
#include <aha/reward/last_boxed.hpp>
#include <aha/reward/last_integer.hpp>
#include <aha/reward/trimmed.hpp>

namespace aha {

/// Where a completion's answer stands.
enum class answer_source {
    last_integer,  ///< the last number of the text, see `last_integer`
    boxed,         ///< the last `\boxed{...}`, see `last_boxed`
    answer_tag,    ///< the last `<answer>...</answer>`, see `answer_tag`
};

namespace detail {

/// The integer that all of `text` is ("42", "-3", "1,234", "7.0"), if it is one.
inline std::optional<std::int64_t> whole_integer(std::string_view text) {
    const std::string_view inner = trimmed(text);
    if (inner.empty() || !is_digit(inner.back())) return std::nullopt;
    const std::string_view digits = inner.substr(inner.front() == '-' || inner.front() == '+' ? 1 : 0);
    if (digits.empty() || !is_digit(digits.front())) return std::nullopt;
    if (digits.find_first_not_of("0123456789,.") != std::string_view::npos) return std::nullopt;
    const auto point = digits.find('.');
    if (whole_begin(digits, point == std::string_view::npos ? digits.size() : point) != 0) return std::nullopt;
    return last_integer(inner);
}

/// The integer that a JSON value is: a whole number that fits, or a string that is one.
inline std::optional<std::int64_t> json_integer(const json& value) {
    if (value.is_string()) return whole_integer(value.get_ref<const std::string&>());
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
        return static_cast<std::int64_t>(number);
    }
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (value.is_number_float()) {
        const double number = value.get<double>();
        constexpr double limit = 9007199254740992.0;  // 2^53: up to here a double is one integer only
        if (number >= -limit && number <= limit && number == static_cast<double>(static_cast<std::int64_t>(number)))
            return static_cast<std::int64_t>(number);
    }
    return std::nullopt;
}

/// The number that all of `text` is, if it is one.
inline std::optional<double> whole_number(std::string_view text) {
    const std::string_view inner = trimmed(text);
    double value = 0;
    const auto [end, failure] = std::from_chars(inner.data(), inner.data() + inner.size(), value);
    if (failure != std::errc{} || end != inner.data() + inner.size()) return std::nullopt;
    return value;
}

}  // namespace detail

/// R1's accuracy reward: 1 if the completion's answer is the one of the data row, else 0 (paper, section 2.2.2).
///
/// Where the row's answer is an integer, as a number or as a string such as "1,234", the last number of the
/// completion's answer is compared with it; where it is another number, the whole answer as a number; where it is text,
/// the whole answer as text without white space at its ends. Equivalent formulas are not recognised.
///
/// Throws `aha::error` if the row has no such field, or one that no completion could ever equal: a row that cannot be
/// won is a mistake in the data, and scoring it 0 would hide it.
struct accuracy {
    std::string field = "answer";                        ///< the data row's field that holds the reference answer
    answer_source source = answer_source::last_integer;  ///< the field of the prompt that holds the right answer

    bool operator()(const prompt& asked, const completion& given) const {
        const json& wanted = asked[field];
        const auto refuse = [&](std::string_view reason) {
            fail("prompt ", asked.index, " has the answer ", wanted.dump(), " in its field \"", field, "\", ", reason);
        };
        if (!wanted.is_string() && !wanted.is_number()) refuse("which is neither a number nor text");
        const std::optional<std::int64_t> integer = detail::json_integer(wanted);
        if (source == answer_source::last_integer) {
            if (!integer) refuse("which is no integer; use answer_source::boxed or answer_source::answer_tag");
            return last_integer(given.text) == *integer;
        }
        const std::optional<std::string> answer =
            source == answer_source::boxed ? last_boxed(given.text) : answer_tag(given.text);
        if (!answer) return false;
        if (integer) return last_integer(*answer) == *integer;
        if (wanted.is_number_float()) return detail::whole_number(*answer) == wanted.get<double>();
        if (wanted.is_number()) return *answer == wanted.dump();  // an integer of more than 63 bits
        return *answer == detail::trimmed(wanted.get_ref<const std::string&>());
    }
};

template <>
inline constexpr bool deterministic_reward<accuracy> = true;

}  // namespace aha
