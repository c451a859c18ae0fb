#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <aha/concepts/reward.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// Where a data row has its answer and its choices.
struct multiple_choice_options {
    std::string field = "answer";  ///< "B", the text of a choice, or a position counted from 0
    std::string choices{};         ///< the field with the choices' texts, a list of strings; empty: not needed
    std::int64_t letters = 10;     ///< how many choices there are where the row does not list them: A to J

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const;
};

/// 1 if the completion answers with the data row's choice, by its letter or by its text, else 0; see `last_choice`.
///
/// Throws `aha::error` if the row lacks a field, or has an answer that is none of the choices: no completion could ever
/// win it.
class multiple_choice {
public:
    explicit multiple_choice(multiple_choice_options options = {});

    bool operator()(const prompt& asked, const completion& given) const;

    const multiple_choice_options& options() const { return options_; }

private:
    std::vector<std::string> texts_of(const prompt& asked) const;

    multiple_choice_options options_;
};

template <>
inline constexpr bool deterministic_reward<multiple_choice> = true;

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/multiple_choice.ipp>
#endif
