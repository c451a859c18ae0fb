#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include <aha/concepts/advantage.hpp>
#include <aha/core/records.hpp>
#include <aha/testing/laws/law.hpp>

/// Laws of an advantage. The last four hold for those that say so:
///
///     struct my_case {
///         static my_advantage make() { return my_advantage{}; }
///         static constexpr bool centered = true;          // optional: sums to zero, zero where all scores are equal
///         static constexpr bool shift_invariant = true;  // optional
///         static constexpr bool scale_invariant = true;  // optional
///         static constexpr double tolerance = 1e-9;      // optional: of these, relative to the largest advantage
///     };
namespace aha::testing::advantage_laws {

namespace detail {

/// Groups of different scores, of both signs.
inline std::vector<std::vector<score>> groups() {
    const auto scores = [](std::initializer_list<double> values) {
        return std::vector<score>(values.begin(), values.end());
    };
    return {scores({0, 1, 0.5, 2}), scores({-3, 1, 4, 1.5, 9, 2.6, 5}), scores({1, 3}), scores({-2, -1.5, -0.5}),
            scores({7, 0.125, -7.5, 3, 2})};
}

inline std::vector<score> with_nothing_said(std::vector<score> scores, double value) {
    scores[1].applicable = false;
    scores[1].value = value;
    return scores;
}

/// The advantages, or none where there is not one a score: another law says so.
template <class Case>
std::vector<double> of(const std::vector<score>& scores) {
    const auto advantage = Case::make();
    std::vector<double> values = advantage(std::span<const score>{scores});
    if (values.size() != scores.size()) values.assign(scores.size(), 0);
    return values;
}

template <class Case>
constexpr double tolerance() {
    if constexpr (requires { Case::tolerance; }) return Case::tolerance;
    else return 1e-9;
}

/// Where the two differ by more than the tolerance; empty if nowhere.
template <class Case>
std::string difference(const std::vector<double>& got, const std::vector<double>& wanted) {
    double largest = 1e-300;
    for (const double w : wanted) largest = std::max(largest, std::abs(w));
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (!(std::abs(got[i] - wanted[i]) <= tolerance<Case>() * largest))
            return sentence("completion ", i, " gets ", got[i], " instead of ", wanted[i]);
    return {};
}

}  // namespace detail

/// One number a score, in any group, of one completion too.
template <class Case>
std::string gives_one_number_a_score() {
    const auto advantage = Case::make();
    for (std::size_t count = 1; count <= 9; ++count) {
        std::vector<score> scores;
        for (std::size_t i = 0; i < count; ++i) scores.emplace_back(static_cast<double>(i % 3));
        const std::vector<double> values = advantage(std::span<const score>{scores});
        if (values.size() != count) return sentence("gives ", values.size(), " numbers for ", count, " scores");
    }
    return {};
}

/// Finite for scores of any size, for equal ones, and where nothing is applicable.
template <class Case>
std::string gives_finite_numbers() {
    const auto advantage = Case::make();
    score silent = score::not_applicable();
    for (const std::vector<score>& scores : std::vector<std::vector<score>>{
             {1, 1, 1}, {0, 0}, {1e150, -1e150, 3}, {1e-160, 2e-160}, {5}, {silent, silent}, {silent, 1}})
        for (const double value : advantage(std::span<const score>{scores}))
            if (!std::isfinite(value))
                return sentence("gives ", value, " in a group that begins with ", scores[0].value);
    return {};
}

/// The order of completions in a group means nothing.
template <class Case>
std::string follows_a_permutation() {
    for (std::vector<score> scores : detail::groups()) {
        std::vector<double> wanted = detail::of<Case>(scores);
        std::ranges::rotate(scores, scores.begin() + 1);
        std::ranges::rotate(wanted, wanted.begin() + 1);
        if (const auto off = detail::difference<Case>(detail::of<Case>(scores), wanted); !off.empty())
            return off + " once the group is rotated by one";
    }
    return {};
}

/// A completion that the reward has nothing to say about pushes nothing.
template <class Case>
std::string gives_zero_where_nothing_was_said() {
    for (const std::vector<score>& scores : detail::groups())
        if (const double got = detail::of<Case>(detail::with_nothing_said(scores, 0))[1]; got != 0)
            return sentence("gives ", got, " to a completion whose score is not applicable");
    return {};
}

/// What is not applicable does not influence the others.
template <class Case>
std::string ignores_what_is_not_applicable() {
    for (const std::vector<score>& scores : detail::groups()) {
        std::vector<double> with = detail::of<Case>(detail::with_nothing_said(scores, 1000));
        std::vector<score> rest = scores;
        rest.erase(rest.begin() + 1);
        with.erase(with.begin() + 1);
        if (const auto off = detail::difference<Case>(with, detail::of<Case>(rest)); !off.empty())
            return off + ", because of a score that is not applicable";
    }
    return {};
}

/// The better completion of a group never gets less: with the sign turned, training teaches the worst answers.
template <class Case>
std::string prefers_the_better() {
    for (const std::vector<score>& scores : detail::groups()) {
        const std::vector<double> values = detail::of<Case>(scores);
        for (std::size_t i = 0; i < scores.size(); ++i)
            for (std::size_t j = 0; j < scores.size(); ++j)
                if (scores[i].value > scores[j].value && values[i] < values[j])
                    return sentence("score ", scores[i].value, " gets ", values[i], ", less than the ", values[j],
                                    " of score ", scores[j].value);
    }
    return {};
}

/// If centered: a group that agrees teaches nothing.
template <class Case>
std::string gives_zeros_to_equal_scores() {
    if constexpr (requires { requires Case::centered; })
        for (const std::size_t count : {2UL, 5UL, 8UL})
            for (const double value : detail::of<Case>(std::vector<score>(count, score{0.75})))
                if (value != 0) return sentence("gives ", value, " in a group of ", count, " equal scores");
    return {};
}

/// If centered: advantages sum to zero, so that a step moves probability between answers.
template <class Case>
std::string sums_to_zero() {
    if constexpr (requires { requires Case::centered; })
        for (const std::vector<score>& scores : detail::groups()) {
            double sum = 0, largest = 0;
            for (const double value : detail::of<Case>(scores)) {
                sum += value;
                largest = std::max(largest, std::abs(value));
            }
            if (!(std::abs(sum) <= detail::tolerance<Case>() * largest * 10)) return sentence("sums to ", sum);
        }
    return {};
}

/// If shift-invariant: the same advantages with 5 added to each score.
template <class Case>
std::string does_not_change_with_a_shift() {
    if constexpr (requires { requires Case::shift_invariant; })
        for (const std::vector<score>& scores : detail::groups()) {
            std::vector<score> shifted = scores;
            for (score& s : shifted) s.value += 5;
            if (const auto off = detail::difference<Case>(detail::of<Case>(shifted), detail::of<Case>(scores));
                !off.empty())
                return off + " once 5 is added to each score";
        }
    return {};
}

/// If scale-invariant: the same advantages with each score times 8.
template <class Case>
std::string does_not_change_with_the_scale() {
    if constexpr (requires { requires Case::scale_invariant; })
        for (const std::vector<score>& scores : detail::groups()) {
            std::vector<score> scaled = scores;
            for (score& s : scaled) s.value *= 8;
            if (const auto off = detail::difference<Case>(detail::of<Case>(scaled), detail::of<Case>(scores));
                !off.empty())
                return off + " once each score is eight times as large";
        }
    return {};
}

/// All of them.
template <class Case>
constexpr std::array<law, 10> all() {
    return {{{"gives_one_number_a_score", gives_one_number_a_score<Case>},
             {"gives_finite_numbers", gives_finite_numbers<Case>},
             {"follows_a_permutation", follows_a_permutation<Case>},
             {"gives_zero_where_nothing_was_said", gives_zero_where_nothing_was_said<Case>},
             {"ignores_what_is_not_applicable", ignores_what_is_not_applicable<Case>},
             {"prefers_the_better", prefers_the_better<Case>},
             {"gives_zeros_to_equal_scores", gives_zeros_to_equal_scores<Case>},
             {"sums_to_zero", sums_to_zero<Case>},
             {"does_not_change_with_a_shift", does_not_change_with_a_shift<Case>},
             {"does_not_change_with_the_scale", does_not_change_with_the_scale<Case>}}};
}

}  // namespace aha::testing::advantage_laws
