#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aha/concepts/batch_advantage.hpp>
#include <aha/core/records.hpp>
#include <aha/testing/laws/law.hpp>

/// Laws of a batch advantage:
///
///     struct my_case { static my_batch_advantage make() { return my_batch_advantage{}; } };
namespace aha::testing::batch_advantage_laws {

namespace detail {

/// Three scored groups of four completions of different lengths, with all log-probs and a score a step.
inline std::vector<rollout_group> groups() {
    std::vector<rollout_group> all;
    for (std::int64_t g = 0; g < 3; ++g) {
        rollout_group& group = all.emplace_back();
        group.prompt.index = g;
        for (std::int64_t n = 0; n < 4; ++n) {
            completion c;
            const std::int64_t length = 1 + (g + 2 * n) % 5;
            for (std::int64_t t = 0; t < length; ++t) {
                c.ids.push_back(t);
                c.log_probs.push_back(-0.25F * static_cast<float>(1 + t));
                c.ref_log_probs.push_back(-0.5F * static_cast<float>(1 + t % 2));
            }
            c.behavior_log_probs = c.log_probs;
            c.text = std::string(static_cast<std::size_t>(length), 'x');
            score s{static_cast<double>((g + 1) * n % 3) - 0.5};
            s.steps = {{length, s.value}};
            group.completions.push_back(std::move(c));
            group.scores.push_back(std::move(s));
        }
    }
    return all;
}

}  // namespace detail

/// One number a token of every completion.
template <class Case>
std::string gives_one_number_a_token() {
    const auto advantage = Case::make();
    const std::vector<rollout_group> groups = detail::groups();
    const token_values values = advantage(std::span<const rollout_group>{groups});
    if (values.size() != groups.size()) return sentence("gives ", values.size(), " of ", groups.size(), " groups");
    for (std::size_t g = 0; g < groups.size(); ++g) {
        if (values[g].size() != groups[g].completions.size())
            return sentence("gives ", values[g].size(), " of ", groups[g].completions.size(), " completions");
        for (std::size_t n = 0; n < values[g].size(); ++n)
            if (values[g][n].size() != groups[g].completions[n].ids.size())
                return sentence("gives ", values[g][n].size(), " numbers for ", groups[g].completions[n].ids.size(),
                                " tokens");
    }
    return {};
}

/// Finite, also where all scores are equal.
template <class Case>
std::string gives_finite_numbers() {
    const auto advantage = Case::make();
    for (const bool equal : {false, true}) {
        std::vector<rollout_group> groups = detail::groups();
        if (equal)
            for (rollout_group& group : groups)
                for (score& s : group.scores) s.value = s.steps[0].value = 1;
        for (const auto& group : advantage(std::span<const rollout_group>{groups}))
            for (const auto& completion : group)
                for (const float value : completion)
                    if (!std::isfinite(value)) return sentence("gives ", value, equal ? " to equal scores" : "");
    }
    return {};
}

/// A completion that the reward has nothing to say about pushes nothing.
template <class Case>
std::string gives_zero_where_nothing_was_said() {
    const auto advantage = Case::make();
    std::vector<rollout_group> groups = detail::groups();
    groups[1].scores[2] = score::not_applicable();
    const token_values values = advantage(std::span<const rollout_group>{groups});
    if (values.size() < 2 || values[1].size() < 3) return {};  // another law says so
    for (const float value : values[1][2])
        if (value != 0) return sentence("gives ", value, " to a token whose completion's score is not applicable");
    return {};
}

/// All of them.
template <class Case>
constexpr std::array<law, 3> all() {
    return {{{"gives_one_number_a_token", gives_one_number_a_token<Case>},
             {"gives_finite_numbers", gives_finite_numbers<Case>},
             {"gives_zero_where_nothing_was_said", gives_zero_where_nothing_was_said<Case>}}};
}

}  // namespace aha::testing::batch_advantage_laws
