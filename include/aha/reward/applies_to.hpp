#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/group_reward.hpp>
#include <aha/concepts/reward.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/as_scores.hpp>

/// Different rewards for different rows of one data set.
namespace aha {

/// True for prompts whose data row has `value` in its field `field`: `field_is{"kind", "math"}`. Throws `aha::error`
/// for a row without that field.
struct field_is {
    std::string field;  ///< the prompt's field
    json value;         ///< what it must equal

    /// Whether the prompt has it.
    bool operator()(const prompt& asked) const { return asked[field] == value; }
};

/// A reward for some prompts only. Made by `applies_to`.
template <std::predicate<const prompt&> Which, any_reward R>
class partial_reward {
public:
    /// The judge's score where `which` holds, else not applicable.
    partial_reward(Which which, R judge) : which_{std::move(which)}, judge_{std::move(judge)} {}

    score operator()(const prompt& asked, const completion& given) const
        requires reward<R>
    {
        return which_(asked) ? as_score(judge_, asked, given) : score::not_applicable();
    }

    std::vector<score> operator()(const prompt& asked, std::span<const completion> given) const
        requires(!reward<R>)
    {
        if (which_(asked)) return as_scores(judge_, asked, given);
        return std::vector<score>(given.size(), score::not_applicable());
    }

private:
    Which which_;
    R judge_;
};

/// `judge` where `which(prompt)` holds; elsewhere it is not asked, and the score is not applicable. In a sum such a
/// term drops out, so that one data set may mix kinds of questions, each with its rewards:
/// `sum_rewards(named("accuracy", applies_to(field_is{"kind", "math"}, accuracy{})), named("format", ...))`.
template <std::predicate<const prompt&> Which, any_reward R>
partial_reward<Which, R> applies_to(Which which, R judge) {
    return {std::move(which), std::move(judge)};
}

template <any_reward R>
inline constexpr bool deterministic_reward<partial_reward<field_is, R>> = deterministic_reward<R>;

}  // namespace aha
