#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <aha/reward/exact_number.hpp>

namespace aha::detail {

/// What an answer says, all of it.
struct answer_value {
    std::optional<exact_number> number{};  ///< nothing: it is no number
    std::string unit{};                    ///< of the number, where it is one that is known
    bool percent = false;                  ///< the number has a percent sign, which is not applied to it
    std::string name{};                    ///< the variable that the answer is assigned to, "x" in "x = 5"
    std::string text{};                    ///< the answer as text in one spelling, without the name

    /// What two answers that are the same have in common; for votes.
    std::string key() const;
};

/// What all of `text` says as an answer: a number if it is one, else text. Linear time.
answer_value read_answer(std::string_view text);

/// The answer of a reference text: what follows the last "####", where GSM8K has its answer, else all of it.
std::string_view final_answer(std::string_view reference);

/// Whether an answer says what the reference says: numbers by their exact value, other answers as text in one spelling.
/// Names and units that only one of them has are left out. A percent sign divides by 100; but data sets leave it out
/// where a percentage is asked for, so that 50% is also the reference 50, and 50 the reference 50%.
bool same_answer(const answer_value& reference, const answer_value& given);

}  // namespace aha::detail

#ifndef AHA_COMPILED
#include <aha/reward/answer_value.ipp>
#endif
