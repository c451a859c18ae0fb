#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/advantage/reinforce_plus_plus.hpp>
#include <aha/concepts/batch_advantage.hpp>

#include "tests/support/complaint.hpp"
#include "tests/advantage/groups_of.hpp"

namespace {

using aha::reinforce_plus_plus;
using aha::test::group_of;
using aha::test::left_out;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

static_assert(aha::require_batch_advantage<reinforce_plus_plus>() &&
              aha::advantage_says_whether_it_needs_a_reference<reinforce_plus_plus>);

/// Numbers whitened together, by hand.
std::vector<double> whitened(std::vector<double> x) {
    double mean = 0, squares = 0;
    for (const double v : x) mean += v / static_cast<double>(x.size());
    for (const double v : x) squares += (v - mean) * (v - mean);
    for (double& v : x) v = (v - mean) / std::sqrt(squares / static_cast<double>(x.size() - 1));
    return x;
}
auto near(double x) { return FloatNear(static_cast<float>(x), 1e-6F); }

TEST(reinforce_plus_plus, whitens_discounted_returns_of_the_score_at_the_end_less_each_tokens_divergence) {
    const std::vector<aha::rollout_group> groups{group_of({{{1, 2, -1}, 4}, {{9, 9}, left_out(100)}}),
                                                 group_of({{{0.5}, -1}})};
    // rewards -0.5, -1, 0.5 + 4; returns backwards with gamma 1/2: 4.5, -1 + 2.25, -0.5 + 0.625; and -1 - 0.25
    const std::vector<double> w = whitened({0.125, 1.25, 4.5, -1.25});
    const aha::token_values all = reinforce_plus_plus{{.beta = 0.5, .gamma = 0.5}}(groups);
    EXPECT_THAT(all, ElementsAre(ElementsAre(ElementsAre(near(w[0]), near(w[1]), near(w[2])), ElementsAre(0.0F, 0.0F)),
                                 ElementsAre(ElementsAre(near(w[3])))));
}

TEST(reinforce_plus_plus, without_beta_and_discount_every_token_has_the_score) {
    std::vector<aha::rollout_group> groups{group_of({{{7, 7}, 1}, {{7}, 0}})};
    for (aha::completion& c : groups[0].completions) c.ref_log_probs.clear();
    const reinforce_plus_plus plain{{.beta = 0}};
    EXPECT_FALSE(plain.needs_reference());
    EXPECT_TRUE(reinforce_plus_plus{}.needs_reference());
    const std::vector<double> w = whitened({1, 1, 0});
    EXPECT_THAT(plain(groups), ElementsAre(ElementsAre(ElementsAre(near(w[0]), near(w[1])), ElementsAre(near(w[2])))));
}

TEST(reinforce_plus_plus, an_empty_completion_has_no_tokens_and_does_no_harm) {
    const std::vector<aha::rollout_group> groups{group_of({{{}, 5}, {{0}, 1}})};
    EXPECT_THAT(reinforce_plus_plus{{.beta = 0}}(groups),
                ElementsAre(ElementsAre(testing::IsEmpty(), ElementsAre(0.0F))));
}

TEST(reinforce_plus_plus, refuses_options_that_make_no_sense) {
    const auto message = [](const aha::reinforce_plus_plus_options& options) -> std::string {
        return aha::test::complaint([&] { reinforce_plus_plus{options}; });
    };
    EXPECT_THAT(message({.beta = -1}), HasSubstr("beta must be 0 or more, not -1"));
    EXPECT_THAT(message({.gamma = 1.5}), HasSubstr("gamma must be in [0, 1], not 1.5"));
    EXPECT_THAT(message({.epsilon = -1}), HasSubstr("epsilon must be 0 or more, not -1"));
}

}  // namespace
