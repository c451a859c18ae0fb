#include <aha/rollout/environment/plain_turns.hpp>

#include <gtest/gtest.h>
#include <vector>

#include <aha/testing/symbol_tokenizer.hpp>

namespace {

TEST(plain_turns, writes_the_last_answer_alone) {
    const aha::testing::symbol_tokenizer symbols{{"higher", "lower", " ", "guess"}};
    const std::vector<aha::environment_answer> answers{{.text = "higher"}, {.text = " lower ", .role = "tool"}};
    EXPECT_EQ(aha::plain_turns{}(symbols, {}, {}, answers), (std::vector<aha::token_id>{2, 1, 2}));
    const std::vector<aha::environment_answer> silent{{}};
    EXPECT_TRUE(aha::plain_turns{}(symbols, {}, {}, silent).empty());
}

}  // namespace
