#include <aha/reward/filter/has_code_block.hpp>
#include <aha/reward/filter/long_paragraphs.hpp>
#include <aha/reward/filter/mixes_languages.hpp>
#include <aha/reward/filter/repeats.hpp>
#include <aha/reward/filter/truncated.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include <aha/concepts/completion_filter.hpp>

#include "tests/reward/reward_support.hpp"

namespace {

using namespace aha;
using namespace aha::reward_support;
using testing::HasSubstr;

bool keeps(const completion_filter auto& filter, const std::string& text) { return filter(prompt{}, saying(text)); }

TEST(filters, are_filters_with_a_name) {
    static_assert(require_completion_filter<mixes_languages<>>() && require_completion_filter<repeats>());
    static_assert(require_completion_filter<long_paragraphs>() && require_completion_filter<has_code_block>());
    static_assert(require_completion_filter<truncated>());
    EXPECT_EQ(mixes_languages{}.name(), "mixes_languages");
    EXPECT_EQ(repeats{}.name(), "repeats");
    EXPECT_EQ(long_paragraphs{}.name(), "long_paragraphs");
    EXPECT_EQ(has_code_block{}.name(), "has_code_block");
    EXPECT_EQ(truncated{}.name(), "truncated");
}

TEST(mixes_languages, drops_below_the_threshold) {
    const mixes_languages filter{{.at_least = 0.75, .consistency = {.language = "en"}}};
    EXPECT_TRUE(keeps(filter, "<think>one two three \u6211</think>\u6211\u6211"));
    EXPECT_FALSE(keeps(filter, "<think>one two \u6211</think>"));
    EXPECT_FALSE(keeps(mixes_languages{{.consistency = {.language = "en"}}}, "one two three \u6211"));
    EXPECT_THAT(complaint([] { mixes_languages{{.at_least = 1.5}}; }),
                HasSubstr("at_least must be in [0, 1], not 1.5"));
    EXPECT_THAT(complaint([] { mixes_languages{{.consistency = {.language = "xx"}}}; }), HasSubstr("\"xx\""));
}

TEST(repeats, drops_above_the_threshold) {
    std::string loop;
    for (int i = 0; i < 20; ++i) loop += "let me check that again, since I am not sure of it. ";
    EXPECT_FALSE(keeps(repeats{}, loop));
    EXPECT_TRUE(keeps(repeats{}, "let me check that again, since I am not sure of it. No, that is right."));
    EXPECT_TRUE(keeps(repeats{{.n = 1, .at_most = 0.5}}, "a a")) << "a share of 0.5 is at most 0.5";
    EXPECT_FALSE(keeps(repeats{{.n = 1, .at_most = 0.49}}, "a a"));
    const repeats by_tokens{{.n = 1, .at_most = 0.5, .unit = repetition_unit::token}};
    EXPECT_FALSE(by_tokens(prompt{}, of_length(3)));
    EXPECT_TRUE(by_tokens(prompt{}, of_length(2)));
    EXPECT_THAT(complaint([] { repeats{{.n = 0}}; }), HasSubstr("n must be above 0, not 0"));
    EXPECT_THAT(complaint([] { repeats{{.at_most = -0.1}}; }), HasSubstr("-0.1"));
}

TEST(long_paragraphs, counts_characters_between_blank_lines) {
    const long_paragraphs filter{{.characters = 5}};
    EXPECT_TRUE(keeps(filter, "12345"));
    EXPECT_FALSE(keeps(filter, "123456"));
    EXPECT_TRUE(keeps(filter, "12345\n\n12345\n \t\n12345\n"));
    EXPECT_TRUE(keeps(filter, "12\n34"));
    EXPECT_FALSE(keeps(filter, "123\n45")) << "a line's end is a character";
    EXPECT_TRUE(keeps(filter, "\u6211\u4eec\u6211\u4eec\u6211")) << "characters, not bytes";
    EXPECT_TRUE(keeps(filter, "<think>12345</think>1234567"));
    EXPECT_FALSE(keeps(long_paragraphs{{.characters = 5, .part = {.whole_text = true}}}, "1\n\n1234567"));
    EXPECT_TRUE(keeps(filter, ""));
    EXPECT_THAT(complaint([] { long_paragraphs{{.characters = 0}}; }), HasSubstr("not 0"));
}

TEST(has_code_block, sees_fences_in_the_chain_of_thought) {
    EXPECT_FALSE(keeps(has_code_block{}, "so\n```python\nx = 1\n```\n"));
    EXPECT_FALSE(keeps(has_code_block{}, "```"));
    EXPECT_FALSE(keeps(has_code_block{}, "a\n   ~~~\n"));
    EXPECT_TRUE(keeps(has_code_block{}, "a\n    ```\n")) << "four spaces make a line of code";
    EXPECT_TRUE(keeps(has_code_block{}, "so `x` is ``` not one\n\n  \n"));
    EXPECT_TRUE(keeps(has_code_block{}, "<think>a</think>\n```\nx\n```"));
    EXPECT_FALSE(keeps(has_code_block{.part = {.whole_text = true}}, "<think>a</think>\n```\nx\n```"));
}

TEST(truncated, drops_what_used_up_its_tokens) {
    completion given;
    given.finish = finish_reason::length;
    EXPECT_FALSE(truncated{}(prompt{}, given));
    given.finish = finish_reason::end_token;
    EXPECT_TRUE(truncated{}(prompt{}, given));
    given.finish = finish_reason::stop_string;
    EXPECT_TRUE(truncated{}(prompt{}, given));
}

}  // namespace
