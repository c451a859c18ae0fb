#include <aha/rollout/sampling_options.hpp>

#include <gtest/gtest.h>
#include <limits>
#include <string>

#include <tests/support/complaint.hpp>

namespace {

using aha::sampling_options;

std::string complaint(const sampling_options& options) {
    return aha::test::complaint([&] { options.validate(); });
}

TEST(sampling_options, defaults_are_the_plain_distribution) {
    const sampling_options options;
    EXPECT_EQ(complaint(options), "no complaint");
    EXPECT_EQ(options, (sampling_options{.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0, .max_new_tokens = 256}));
}

TEST(sampling_options, accepts_the_ends_of_each_range) {
    EXPECT_EQ(complaint({.temperature = 0}), "no complaint");
    EXPECT_EQ(complaint({.temperature = 1e-6}), "no complaint");
    EXPECT_EQ(complaint({.top_k = 1, .top_p = 1e-9, .min_p = 0.999, .max_new_tokens = 1, .min_new_tokens = 1}),
              "no complaint");
    EXPECT_EQ(complaint({.stop = {"x", "</answer>"}, .suppress = {0, 7}}), "no complaint");
}

TEST(sampling_options, names_the_first_value_that_makes_no_sense) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(complaint({.temperature = -0.5}), "temperature must be 0 (greedy) or from 1e-06 to 1e+06, not -0.5");
    EXPECT_EQ(complaint({.temperature = 1e-40}), "temperature must be 0 (greedy) or from 1e-06 to 1e+06, not 1e-40");
    EXPECT_EQ(complaint({.temperature = 1e7}), "temperature must be 0 (greedy) or from 1e-06 to 1e+06, not 1e+07");
    EXPECT_EQ(complaint({.temperature = nan}), "temperature must be 0 (greedy) or from 1e-06 to 1e+06, not nan");
    EXPECT_EQ(complaint({.top_k = -1}), "top_k must be 0 (all) or more, not -1");
    EXPECT_EQ(complaint({.top_p = 0}), "top_p must be in (0, 1], not 0");
    EXPECT_EQ(complaint({.top_p = 1.01}), "top_p must be in (0, 1], not 1.01");
    EXPECT_EQ(complaint({.top_p = nan}), "top_p must be in (0, 1], not nan");
    EXPECT_EQ(complaint({.min_p = -0.1}), "min_p must be in [0, 1), not -0.1");
    EXPECT_EQ(complaint({.min_p = 1}), "min_p must be in [0, 1), not 1");
    EXPECT_EQ(complaint({.max_new_tokens = 0}), "max_new_tokens must be positive, not 0");
    EXPECT_EQ(complaint({.max_new_tokens = 4, .min_new_tokens = 5}), "min_new_tokens must be in [0, 4], not 5");
    EXPECT_EQ(complaint({.min_new_tokens = -1}), "min_new_tokens must be in [0, 256], not -1");
    EXPECT_EQ(complaint({.stop = {"a", ""}}), "a stop string must not be empty");
    EXPECT_EQ(complaint({.temperature = -1, .top_k = -1}),
              "temperature must be 0 (greedy) or from 1e-06 to 1e+06, not -1");
}

}  // namespace
