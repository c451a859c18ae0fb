#include <aha/reward/judge/judged_preferences.hpp>

#include <gtest/gtest.h>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::complaint;

aha::preference pair_of(std::string chosen, std::string rejected) {
    aha::preference made;
    made.prompt = "Which?";
    made.chosen = std::move(chosen);
    made.rejected = std::move(rejected);
    return made;
}

/// Prefers the longer answer: much where it is longer by more than one, and says nothing of empty ones.
std::string prefer_longer(std::span<const aha::message> messages) {
    const std::string& text = messages[0].content;
    const auto length = [&](const std::string& tag) {
        return static_cast<int>(text.find("\n</" + tag + ">")) -
               static_cast<int>(text.find("<" + tag + ">\n") + tag.size() + 3);
    };
    const int a = length("answer-a"), b = length("answer-b");
    if (a == 0 || b == 0) return "I do not know.";
    if (a == b) return "[[A=B]]";
    return a > b + 1 ? "[[A>>B]]" : a > b ? "[[A>B]]" : b > a + 1 ? "[[B>>A]]" : "[[B>A]]";
}

TEST(judged_preferences, are_kept_by_their_margin) {
    const aha::pairwise_judge judge{prefer_longer, {.calls = 2}};
    const std::vector<aha::preference> pairs{pair_of("long", "a"), pair_of("bb", "a"), pair_of("a", "long"),
                                             pair_of("", "a"), pair_of("aaa", "bbb")};
    for (const int threads : {1, 3, 9}) {
        const aha::judged_preferences made = aha::judge_preferences(judge, pairs, {.threads = threads});
        EXPECT_EQ(made.kept, (std::vector{pair_of("long", "a"), pair_of("long", "a")}));
        EXPECT_EQ(made.margins, (std::vector{2.0, 2.0}));
        EXPECT_EQ(made.too_close, 2);
        EXPECT_EQ(made.not_applicable, 1);
        EXPECT_EQ(made.calls, 10);
        EXPECT_EQ(made.unreadable, 2);
    }
    EXPECT_EQ(aha::judge_preferences(judge, pairs, {.min_margin = 0}).kept.size(), 3U);
}

TEST(judged_preferences, of_turns_are_judged_by_their_texts) {
    aha::preference turns;
    turns.prompt = std::vector<aha::message>{{"user", "Which?"}};
    turns.chosen = std::vector<aha::message>{{"assistant", "a"}};
    turns.rejected = std::vector<aha::message>{{"assistant", "long"}};
    const auto made = aha::judge_preferences(aha::pairwise_judge{prefer_longer}, std::vector{turns});
    ASSERT_EQ(made.kept.size(), 1U);
    EXPECT_EQ(made.kept[0].chosen, turns.rejected);
}

TEST(judged_preferences, stop_at_a_failure) {
    const aha::pairwise_judge judge{[](std::span<const aha::message>) -> std::string { aha::fail("out of office"); }};
    EXPECT_EQ(complaint([&] { aha::judge_preferences(judge, std::vector(20, pair_of("a", "b"))); }), "out of office");
    EXPECT_TRUE(aha::judge_preferences(judge, std::vector<aha::preference>{}).kept.empty());
    EXPECT_EQ(complaint([&] { aha::judge_preferences(judge, std::vector(1, pair_of("a", "b")), {.min_margin = 2}); }),
              "min_margin must be in [0, 2), not 2");
    EXPECT_EQ(complaint([&] { aha::judge_preferences(judge, std::vector(1, pair_of("a", "b")), {.threads = 0}); }),
              "threads must be positive, not 0");
}

}  // namespace
