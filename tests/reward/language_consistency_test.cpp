#include <aha/reward/language_consistency.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>

#include "tests/reward/reward_support.hpp"

namespace {

using namespace aha;
using namespace aha::reward_support;
using testing::AllOf;
using testing::HasSubstr;

double share(const auto& judge, const std::string& text, const prompt& asked = {}) {
    return judge(asked, saying(text));
}

const language_consistency english{{.language = "en"}};

TEST(language_consistency, is_words_in_the_language_over_words) {
    static_assert(require_reward<decltype(english)>());
    EXPECT_EQ(share(english, "<think>two and two</think>"), 1);
    EXPECT_EQ(share(english, "<think>two \u6211 and \u4eec</think>"), 0.5);
    EXPECT_EQ(share(english, "<think>\u6211\u4eec</think>"), 0);
    EXPECT_EQ(share(english, "<think>one two three \u043c\u0438\u0440</think>"), 0.75);
    const language_consistency chinese{{.language = "zh"}};
    EXPECT_EQ(share(chinese, "<think>\u6211\u4eec\u6765 think</think>"), 0.75);
    const language_consistency japanese{{.language = "ja-JP"}};
    EXPECT_EQ(share(japanese, "<think>\u6f22\u5b57\u3068\u30ab\u30ca a</think>"), 5.0 / 6);
}

TEST(language_consistency, judges_the_chain_of_thought_or_everything) {
    const std::string text = "<think>two</think> \u6211";
    EXPECT_EQ(share(english, text), 1);
    const language_consistency whole{{.language = "en", .part = {.whole_text = true}}};
    EXPECT_EQ(share(whole, text), 0.5);
    const language_consistency prefilled{{.language = "en", .part = {.prefilled_think = true}}};
    EXPECT_EQ(share(prefilled, "two</think> \u6211 <think>\u6211</think>"), 1);
    EXPECT_EQ(share(english, "two \u6211"), 0.5) << "without tags all is thought";
}

TEST(language_consistency, does_not_count_code_latex_and_digits) {
    const language_consistency chinese{{.language = "zh"}};
    EXPECT_EQ(share(chinese, "\u6211 $x + y$ 42 `print(x)` \\boxed{answer}\n```c\nint main;\n```\n\u4eec"), 1);
    EXPECT_EQ(share(chinese, "\u6211 x"), 0.5);
}

TEST(language_consistency, is_1_for_a_text_without_words) {
    EXPECT_EQ(share(english, ""), 1);
    EXPECT_EQ(share(english, "<think></think> \u6211"), 1);
    EXPECT_EQ(share(english, "12 + 30 = 42"), 1);
}

TEST(language_consistency, reads_the_language_from_the_row) {
    const language_consistency judge;
    prompt asked;
    asked.index = 8;
    EXPECT_THAT(complaint([&] { share(judge, "two", asked); }),
                AllOf(HasSubstr("prompt 8"), HasSubstr("\"language\"")));
    asked.fields["language"] = "en";
    EXPECT_EQ(share(judge, "two \u6211", asked), 0.5);
    asked.fields["language"] = "ru";
    EXPECT_EQ(share(judge, "\u043c\u0438\u0440", asked), 1);
    asked.fields["language"] = 3;
    EXPECT_THAT(complaint([&] { share(judge, "two", asked); }), AllOf(HasSubstr("prompt 8"), HasSubstr("no text")));
    asked.fields["language"] = "xx";
    EXPECT_THAT(complaint([&] { share(judge, "", asked); }), HasSubstr("\"xx\"")) << "even without words";
}

TEST(language_consistency, refuses_a_language_at_once_if_it_is_fixed) {
    EXPECT_THAT(complaint([] { language_consistency{{.language = "xx"}}; }), HasSubstr("\"xx\""));
    EXPECT_THAT(complaint([] { language_consistency{{.field = ""}}; }), HasSubstr("must not both be empty"));
}

TEST(language_consistency, asks_any_classifier) {
    const auto yes = [](std::string_view one, std::string_view language) { return one == language; };
    EXPECT_EQ(share(language_consistency{{.language = "yes"}, yes}, "yes no no yes 1"), 0.5);
    const auto length = [](std::string_view text, std::string_view) {
        return text.empty() ? std::nullopt : std::optional{1 / static_cast<double>(text.size())};
    };
    const language_consistency by_text{{.language = "en"}, length};
    EXPECT_EQ(share(by_text, "<think>abcd</think>efgh"), 0.25) << "called with the whole chain";
    EXPECT_EQ(share(by_text, "<think></think>efgh"), 1);
}

TEST(script_language, knows_languages_by_their_scripts) {
    const script_language is;
    EXPECT_TRUE(is("word", "en") && is("word", "de_DE") && is("word", "vi"));
    EXPECT_TRUE(is("\u6211", "zh-Hant") && is("\u6211", "ja") && !is("\u6211", "ko"));
    EXPECT_TRUE(is("\ud55c", "ko") && is("\u3042", "ja") && !is("\u3042", "zh"));
    EXPECT_TRUE(is("\u043c", "sr") && is("m", "sr") && !is("m", "ru"));
    EXPECT_TRUE(is("\u0e01", "th") && is("\u05d0", "he") && is("\u0628", "ar"));
    EXPECT_TRUE(is("\u0939", "hi") && is("\u03b1", "el"));
    EXPECT_FALSE(is("", "en"));
    EXPECT_THROW(is("word", "EN"), error);
    EXPECT_THROW(is.check(""), error);
}

}  // namespace
