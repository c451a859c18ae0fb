#include <aha/reward/repetition_penalty.hpp>

#include <cmath>
#include <cstddef>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "tests/reward/reward_support.hpp"
#include "tests/reward/trl_rewards.hpp"

namespace {

using namespace aha;
using namespace aha::reward_support;
using testing::HasSubstr;

TEST(repetition_penalty, is_trls) {
    const std::vector<completion> completions = trl_completions();
    for (const nlohmann::json& one : trl_rewards().at("repetition")) {
        const repetition_penalty judge{
            {.n = one.at("settings").at("ngram_size"), .max_penalty = one.at("settings").at("max_penalty")}};
        for (std::size_t i = 0; i < completions.size(); ++i)
            EXPECT_EQ(judge(prompt{}, completions[i]), one.at("values").at(i).get<double>()) << i;
    }
}

TEST(repetition_penalty, counts_words_as_open_r1_does) {
    const repetition_penalty judge{{.n = 2, .unit = repetition_unit::word}};
    const auto value = [&](const std::string& text) { return judge(prompt{}, saying(text)); };
    EXPECT_EQ(value("a b c d"), 0);
    EXPECT_EQ(value("Go on go ON\n\tgo on"), -(1 - 2.0 / 5));  // go on, on go
    EXPECT_EQ(value("1 2 1 2"), -(1 - 2.0 / 3)) << "numbers are words";
    EXPECT_EQ(value("wait, wait wait, wait"), -(1 - 2.0 / 3)) << "punctuation belongs to its word";
    EXPECT_EQ(value("a"), 0);
    EXPECT_FALSE(std::signbit(value("a b")));
}

TEST(repetition_penalty, counts_characters_of_chinese) {
    const repetition_penalty judge{{.n = 2, .unit = repetition_unit::word}};
    EXPECT_EQ(judge(prompt{}, saying("\u6211\u4eec\u6211\u4eec")), -(1 - 2.0 / 3));
    EXPECT_EQ(judge(prompt{}, saying("\u6211\u3000\u4eec")), 0);
}

TEST(repetition_penalty, refuses_options_that_make_no_sense) {
    EXPECT_THAT(complaint([] { repetition_penalty{{.n = 0}}; }), HasSubstr("n must be above 0, not 0"));
    EXPECT_THAT(complaint([] { repetition_penalty{{.max_penalty = 0.5}}; }), HasSubstr("0.5"));
    EXPECT_THAT(complaint([] { repetition_penalty{{.max_penalty = std::nan("")}}; }), HasSubstr("nan"));
}

}  // namespace
