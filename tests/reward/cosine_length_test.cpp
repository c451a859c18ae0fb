#include <aha/reward/cosine_length.hpp>

#include <cmath>
#include <cstddef>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tests/reward/reward_support.hpp"
#include "tests/reward/trl_rewards.hpp"

namespace {

using namespace aha;
using namespace aha::reward_support;
using testing::HasSubstr;

const auto is_right = [](const prompt&, const completion& c) { return c.text == "right"; };

TEST(cosine_length, is_trls) {
    const std::vector<completion> completions = trl_completions();
    ASSERT_EQ(completions.size(), 30U);
    for (const nlohmann::json& one : trl_rewards().at("cosine")) {
        const nlohmann::json& set = one.at("settings");
        // In TRL the least of the values for wrong answers is that of no length.
        const cosine_length judge{is_right,
                                  {.max_length = set.at("max_len"),
                                   .correct_short = set.value("max_value_correct", 1.0),
                                   .correct_long = set.value("min_value_correct", 0.5),
                                   .wrong_short = set.value("min_value_wrong", -1.0),
                                   .wrong_long = set.value("max_value_wrong", -0.5)}};
        for (std::size_t i = 0; i < completions.size(); ++i)
            EXPECT_NEAR(judge(prompt{}, completions[i]).value, one.at("values").at(i).get<double>(), 1e-12) << i;
    }
}

TEST(cosine_length, goes_from_bound_to_bound) {
    const cosine_length judge{is_right, {.max_length = 200}};
    static_assert(require_reward<decltype(judge)>());
    const auto value = [&](const std::string& text, std::size_t tokens) {
        completion given = of_length(tokens);
        given.text = text;
        return judge(prompt{}, given).value;
    };
    EXPECT_EQ(value("right", 0), 1);
    EXPECT_NEAR(value("right", 100), 0.75, 1e-15);
    EXPECT_NEAR(value("right", 50), 0.75 + 0.25 * std::sqrt(0.5), 1e-15);
    EXPECT_EQ(value("right", 200), 0.5);
    EXPECT_EQ(value("right", 1000), 0.5) << "lengths are clamped";
    EXPECT_EQ(value("wrong", 0), -1);
    EXPECT_NEAR(value("wrong", 100), -0.75, 1e-15);
    EXPECT_EQ(value("wrong", 400), -0.5);
}

TEST(cosine_length, gives_the_papers_penalty_where_the_length_is_exceeded) {
    const cosine_length judge{is_right, {.max_length = 10, .exceeded = -10.0}};
    EXPECT_EQ(judge(prompt{}, of_length(10)).value, -10);
    EXPECT_EQ(judge(prompt{}, of_length(11)).value, -10);
    EXPECT_GT(judge(prompt{}, of_length(9)).value, -1);
}

TEST(cosine_length, hides_neither_nothing_nor_nan) {
    const auto nothing = [](const prompt&, const completion&) { return std::optional<double>{}; };
    EXPECT_FALSE(cosine_length(nothing, {.max_length = 10})(prompt{}, of_length(1)).applicable);
    const auto nan = [](const prompt&, const completion&) { return std::numeric_limits<double>::quiet_NaN(); };
    EXPECT_TRUE(std::isnan(cosine_length(nan, {.max_length = 10})(prompt{}, of_length(1)).value));
}

TEST(cosine_length, refuses_options_that_make_no_sense) {
    EXPECT_THAT(complaint([] { cosine_length{is_right, {}}; }), HasSubstr("max_length must be set"));
    EXPECT_THAT(complaint([] { cosine_length{is_right, {.max_length = -4}}; }), HasSubstr("-4"));
    EXPECT_THAT(complaint([] {
                    cosine_length{is_right, {.max_length = 4, .wrong_long = HUGE_VAL}};
                }),
                HasSubstr("inf"));
}

}  // namespace
