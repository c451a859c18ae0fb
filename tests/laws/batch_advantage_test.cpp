#include <array>
#include <cmath>
#include <gtest/gtest.h>

#include <aha/advantage/batch_normalized.hpp>
#include <aha/advantage/group_relative.hpp>
#include <aha/advantage/kl_in_reward.hpp>
#include <aha/advantage/process_advantage.hpp>
#include <aha/advantage/reinforce_plus_plus.hpp>
#include <aha/advantage/reinforce_plus_plus_baseline.hpp>
#include <aha/testing/laws/batch_advantage_laws.hpp>
#include <aha/testing/register_laws.hpp>
#include <tests/laws/mutants.hpp>

namespace aha::testing {
namespace {

struct batch_normalized_case {
    static batch_normalized make() { return batch_normalized{}; }
};
struct kl_in_reward_case {
    static auto make() { return kl_in_reward<group_relative>{}; }
};
struct process_advantage_case {
    static process_advantage make() { return process_advantage{}; }
};
struct reinforce_plus_plus_case {
    static reinforce_plus_plus make() { return reinforce_plus_plus{}; }
};
struct reinforce_plus_plus_baseline_case {
    static reinforce_plus_plus_baseline make() { return reinforce_plus_plus_baseline{}; }
};
const std::array registered{
    register_laws("batch_advantage_laws/batch_normalized", batch_advantage_laws::all<batch_normalized_case>()),
    register_laws("batch_advantage_laws/kl_in_reward", batch_advantage_laws::all<kl_in_reward_case>()),
    register_laws("batch_advantage_laws/process_advantage", batch_advantage_laws::all<process_advantage_case>()),
    register_laws("batch_advantage_laws/reinforce_plus_plus", batch_advantage_laws::all<reinforce_plus_plus_case>()),
    register_laws("batch_advantage_laws/reinforce_plus_plus_baseline",
                  batch_advantage_laws::all<reinforce_plus_plus_baseline_case>())};

/// The score at each token, changed by `change` of a group's values.
template <class Change>
auto scores(Change change) {
    return [change](std::span<const rollout_group> groups) {
        token_values values;
        for (const rollout_group& group : groups) {
            auto& of_group = values.emplace_back();
            for (std::size_t n = 0; n < group.completions.size(); ++n)
                of_group.emplace_back(group.completions[n].ids.size(),
                                      group.scores[n].applicable ? static_cast<float>(group.scores[n].value) : 0.0F);
            change(of_group, group);
        }
        return values;
    };
}
struct forgets_a_token {
    static auto make() {
        return scores([](auto& values, const rollout_group&) { values[0].pop_back(); });
    }
};
struct divides_by_nothing {
    static auto make() {
        return scores([](auto& values, const rollout_group& group) {
            double spread = 0;
            for (const score& s : group.scores) spread += std::abs(s.value - group.scores[0].value);
            for (float& value : values[0]) value /= static_cast<float>(spread);
        });
    }
};
struct punishes_silence {
    static auto make() {
        return scores([](auto& values, const rollout_group& group) {
            for (std::size_t n = 0; n < values.size(); ++n)
                if (!group.scores[n].applicable) values[n].assign(values[n].size(), -1.0F);
        });
    }
};

TEST(batch_advantage_laws, each_is_needed) {
    test::expect_a_mutant_for_each_law(
        batch_advantage_laws::all<batch_normalized_case>(),
        {test::mutant_of("gives_one_number_a_token", batch_advantage_laws::all<forgets_a_token>()),
         test::mutant_of("gives_finite_numbers", batch_advantage_laws::all<divides_by_nothing>()),
         test::mutant_of("gives_zero_where_nothing_was_said", batch_advantage_laws::all<punishes_silence>())});
}

}  // namespace
}  // namespace aha::testing
