#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aha/core/error.hpp>
#include <aha/reward/answer_value.hpp>
#include <aha/reward/exact_number.hpp>

namespace aha::detail {

/// The first of `endings` that `text` ends with; empty if none.
template <std::size_t N>
std::string_view ending_of(std::string_view text, const std::string_view (&endings)[N]) {
    for (const std::string_view ending : endings)
        if (text.ends_with(ending)) return ending;
    return {};
}

}  // namespace aha::detail

namespace aha {

/// A JSON value, of whichever of nlohmann's types.
template <class T>
concept json_value = requires(const T& value) {
    { value.is_string() } -> std::same_as<bool>;
    { value.is_number() } -> std::same_as<bool>;
    { value.is_number_float() } -> std::same_as<bool>;
    { value.dump() } -> std::convertible_to<std::string>;
};

/// An integer that was looked for, or nothing: as a `std::optional`, but compared with the JSON value of a data row by
/// what that says.
class found_integer {
public:
    found_integer() = default;
    explicit found_integer(std::optional<std::int64_t> value) : value_{value} {}  ///< `value`, or nothing

    bool has_value() const { return value_.has_value(); }            ///< whether there is one
    explicit operator bool() const { return has_value(); }           ///< whether there is one, 0 included
    operator std::optional<std::int64_t>() const { return value_; }  ///< what the standard library has for it

    std::int64_t operator*() const { return *value_; }     ///< undefined if there is none
    std::int64_t value() const { return value_.value(); }  ///< throws `std::bad_optional_access` if there is none
    std::int64_t value_or(std::int64_t other) const { return value_.value_or(other); }  ///< `other` if there is none

    bool operator==(const found_integer&) const = default;
    bool operator==(std::nullopt_t) const { return !value_; }

    template <std::integral Integer>
    bool operator==(Integer other) const {
        return value_ && std::in_range<std::int64_t>(other) && *value_ == static_cast<std::int64_t>(other);
    }

    bool operator==(const std::optional<std::int64_t>& other) const { return value_ == other; }

    /// Whether it is the integer that `answer` says as a number or as text: 42, 42.0, "42", "1,000", GSM8K's "... ####
    /// 42".
    ///
    /// Throws `aha::error` if `answer` says no integer of 64 bits ("1/2", null): no completion could ever equal it, and
    /// `false` would hide the mistake.
    template <json_value Json>
    bool operator==(const Json& answer) const {
        return value_ == integer_in(answer);
    }

private:
    template <json_value Json>
    static std::int64_t integer_in(const Json& answer) {
        if (answer.is_string() || answer.is_number()) {
            const std::string text = answer.is_string() ? answer.template get<std::string>() : answer.dump();
            const detail::answer_value said = detail::read_answer(detail::final_answer(text));
            if (said.number)
                if (const auto integer = detail::integer_of(*said.number)) return *integer;
        }
        fail("the answer ", answer.dump(),
             " is no integer of 64 bits, so that no last_integer equals it; aha::accuracy ",
             "compares with other answers");
    }

    std::optional<std::int64_t> value_;
};

/// The last number written in `text` with ASCII digits, if it is an integer that fits 64 bits.
///
/// "-12", "1,234", `1{,}000`, `1\,000`, "1 000", "12.00", "-$5", "1e3", "10^3", `2 \times 10^3` and "3 million" are
/// integers; the full stop of "It is 12." is not part of the number, nor is the unit of "12 cm^2". Groups of three
/// digits after spaces are one number ("a total of 1 000"), unless they are part of a list ("1 10 100"). The last
/// number decides: where it is 3.5, 1/2, `\frac{1}{2}`, x^2, `2\pi`, 3:4 or too large there is no answer, rather than
/// some number before it or a part of it. In "10-5" and "x-5" the "-" is no sign.
///
/// The result compares with a JSON value, number or text: `last_integer(c.text) == p["answer"]`. No answer equals none.
/// Linear time.
found_integer last_integer(std::string_view text);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/last_integer.ipp>
#endif
