#pragma once

#include <cstdint>
#include <string>

#include <aha/concepts/reward.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>

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

    double operator()(const prompt& asked, const completion& given) const;

private:
    static std::int64_t whole(const prompt& asked, const std::string& field, const json& value);
};

template <>
inline constexpr bool deterministic_reward<countdown> = true;

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/countdown.ipp>
#endif
