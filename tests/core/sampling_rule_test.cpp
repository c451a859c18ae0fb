#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <aha/core/sampling_rule.hpp>

namespace {

using aha::sampling_rule;
using testing::ElementsAre;
using testing::IsEmpty;

/// Writes down what it is told to keep.
struct recorder {
    std::vector<std::string> told;
    void keep_count(std::int64_t count) { told.push_back("count " + std::to_string(count)); }
    void keep_mass(double share) { told.push_back("mass " + std::to_string(share)); }
    void keep_at_least(double share) { told.push_back("at least " + std::to_string(share)); }
};

std::vector<std::string> told(const sampling_rule& rule) {
    recorder tokens;
    rule.cut(tokens);
    EXPECT_EQ(rule.cuts(), !tokens.told.empty());
    return tokens.told;
}

TEST(sampling_rule, keeps_all_tokens_by_default) {
    EXPECT_THAT(told({}), IsEmpty());
    EXPECT_FALSE(sampling_rule{}.greedy());
    EXPECT_TRUE(sampling_rule{}.may_end(0));
}

TEST(sampling_rule, cuts_by_count_then_mass_then_probability) {
    EXPECT_THAT(told({.top_k = 20, .top_p = 0.5, .min_p = 0.25}),
                ElementsAre("count 20", "mass 0.500000", "at least 0.250000"));
    EXPECT_THAT(told({.top_p = 0.5}), ElementsAre("mass 0.500000"));
    EXPECT_THAT(told({.min_p = 0.25}), ElementsAre("at least 0.250000"));
    EXPECT_FALSE(sampling_rule{.min_p = 0.25}.cuts_by_order());
    EXPECT_TRUE(sampling_rule{.top_k = 1}.cuts_by_order());
    EXPECT_TRUE(sampling_rule{.top_p = 0.99}.cuts_by_order());
}

TEST(sampling_rule, divides_by_the_temperature_unless_it_is_0) {
    EXPECT_EQ(sampling_rule{.temperature = 0.5}.inverse_temperature(), 2);
    EXPECT_EQ(sampling_rule{.temperature = 0}.inverse_temperature(), 1);
    EXPECT_TRUE(sampling_rule{.temperature = 0}.greedy());
}

TEST(sampling_rule, lets_end_tokens_be_drawn_after_the_smallest_length) {
    const sampling_rule rule{.min_new_tokens = 3};
    EXPECT_FALSE(rule.may_end(2));
    EXPECT_TRUE(rule.may_end(3));
}

}  // namespace
