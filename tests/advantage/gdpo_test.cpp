#include <aha/advantage/gdpo.hpp>

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/batch_advantage.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::gdpo;
using aha::rollout_group;
using aha::score;
using ::testing::Each;
using ::testing::HasSubstr;

static_assert(aha::require_batch_advantage<gdpo>());

score parts(double accuracy, double format) {
    return {accuracy + format, {{"accuracy", accuracy}, {"format", format}}};
}

rollout_group group_of(const std::vector<score>& scores, std::size_t tokens = 2) {
    rollout_group group;
    group.scores = scores;
    group.completions.resize(scores.size());
    for (aha::completion& one : group.completions) one.ids.resize(tokens);
    return group;
}

std::vector<double> first_tokens(const aha::token_values& values) {
    std::vector<double> all;
    for (const auto& group : values)
        for (const auto& completion : group) all.push_back(completion.front());
    return all;
}

/// z-scores with the unbiased deviation.
std::vector<double> normalized(const std::vector<double>& values, double epsilon) {
    double mean = 0, squares = 0;
    for (const double v : values) mean += v / static_cast<double>(values.size());
    for (const double v : values) squares += (v - mean) * (v - mean);
    const double deviation = std::sqrt(squares / static_cast<double>(values.size() - 1));
    std::vector<double> all;
    for (const double v : values) all.push_back((v - mean) / (deviation + epsilon));
    return all;
}

TEST(gdpo, normalizes_each_part_in_its_group_and_the_sums_over_the_batch) {
    const std::vector<rollout_group> groups{group_of({parts(1, 0), parts(0, 1), parts(0, 0)}),
                                            group_of({parts(1, 1), parts(1, 0), parts(0, 1)})};
    const double e = 1e-4;
    std::vector<double> sums;
    for (const auto& [accuracy, format] : std::vector<std::pair<std::vector<double>, std::vector<double>>>{
             {{1, 0, 0}, {0, 1, 0}}, {{1, 1, 0}, {1, 0, 1}}}) {
        const auto a = normalized(accuracy, e), f = normalized(format, e);
        for (std::size_t i = 0; i < a.size(); ++i) sums.push_back(2 * a[i] + f[i]);
    }
    const std::vector<double> right = normalized(sums, e);
    const std::vector<double> given = first_tokens(gdpo{{.weights = {{"accuracy", 2}}}}(groups));
    ASSERT_EQ(given.size(), right.size());
    for (std::size_t i = 0; i < right.size(); ++i) EXPECT_NEAR(given[i], right[i], 1e-6) << i;
}

TEST(gdpo, tells_apart_what_a_sum_confuses) {
    // Sums of 1 and 1: a plain sum sees no difference between the first two, gdpo none either; but a part whose numbers
    // are a hundred times larger does not drown the other.
    const std::vector<double> given =
        first_tokens(gdpo{}(std::vector{group_of({parts(100, 0), parts(0, 1), parts(0, 0), parts(100, 1)})}));
    EXPECT_NEAR(given[0], given[1], 1e-3);
    EXPECT_LT(given[2], given[1]);
    EXPECT_GT(given[3], given[0]);
}

TEST(gdpo, takes_rewards_without_parts_and_leaves_out_what_is_not_applicable) {
    const std::vector<double> given = first_tokens(gdpo{}(std::vector{group_of({1, score::not_applicable(), 0})}));
    EXPECT_GT(given[0], 0);
    EXPECT_EQ(given[1], 0);
    EXPECT_DOUBLE_EQ(given[0], -given[2]);
    EXPECT_THAT(first_tokens(gdpo{}(std::vector{group_of({parts(1, 1), parts(1, 1)})})), Each(0));
    EXPECT_THAT(first_tokens(gdpo{}(std::vector{group_of({score::not_applicable()})})), Each(0));
}

TEST(gdpo, refuses_what_makes_no_sense) {
    EXPECT_THAT(aha::test::complaint([] { gdpo{{.epsilon = -1}}; }), HasSubstr("not -1"));
    EXPECT_THAT(aha::test::complaint([] { gdpo{{.weights = {{"format", NAN}}}}; }), HasSubstr("\"format\""));
    EXPECT_THAT(aha::test::complaint([] {
                    gdpo{}(std::vector{group_of({parts(1, 1), score{1}})});
                }),
                HasSubstr("different parts"));
}

}  // namespace
