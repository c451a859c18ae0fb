#include <aha/reward/soft_overlong.hpp>

#include <cstddef>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include "tests/reward/reward_support.hpp"
#include "tests/reward/trl_rewards.hpp"

namespace {

using namespace aha;
using namespace aha::reward_support;
using testing::HasSubstr;

TEST(soft_overlong, is_trls) {
    const std::vector<completion> completions = trl_completions();
    for (const nlohmann::json& one : trl_rewards().at("overlong")) {
        const soft_overlong judge{{.max_length = one.at("settings").at("max_completion_len"),
                                   .cache = one.at("settings").at("soft_punish_cache")}};
        for (std::size_t i = 0; i < completions.size(); ++i)
            EXPECT_EQ(judge(prompt{}, completions[i]), one.at("values").at(i).get<double>()) << i;
    }
}

TEST(soft_overlong, is_dapos_equation_13) {
    const soft_overlong judge;
    const auto value = [&](std::size_t tokens) { return judge(prompt{}, of_length(tokens)); };
    EXPECT_EQ(value(16384), 0);
    EXPECT_EQ(value(16385), -1.0 / 4096);
    EXPECT_EQ(value(18432), -0.5);
    EXPECT_EQ(value(20480), -1);
    EXPECT_EQ(value(20481), -1);
    const soft_overlong step{{.max_length = 5, .cache = 0}};
    EXPECT_EQ(step(prompt{}, of_length(5)), 0);
    EXPECT_EQ(step(prompt{}, of_length(6)), -1);
}

TEST(soft_overlong, refuses_options_that_make_no_sense) {
    EXPECT_THAT(complaint([] { soft_overlong{{.max_length = 0}}; }), HasSubstr("max_length must be above 0, not 0"));
    EXPECT_THAT(complaint([] { soft_overlong{{.max_length = 5, .cache = 6}}; }), HasSubstr("not 6"));
    EXPECT_THAT(complaint([] { soft_overlong{{.cache = -1}}; }), HasSubstr("not -1"));
}

}  // namespace
