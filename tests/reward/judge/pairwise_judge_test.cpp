#include <aha/reward/judge/pairwise_judge.hpp>

#include <cstdint>
#include <gtest/gtest.h>
#include <span>
#include <string>
#include <vector>

#include <tests/support/complaint.hpp>

namespace {

/// The texts of A and B in what the judge was asked.
struct pair_of_texts {
    std::string a, b;
};

pair_of_texts texts_in(std::span<const aha::message> messages) {
    const std::string& text = messages[0].content;
    const auto between = [&](const std::string& tag) {
        const auto from = text.find("<" + tag + ">\n") + tag.size() + 3;
        return text.substr(from, text.find("\n</" + tag + ">") - from);
    };
    return {between("answer-a"), between("answer-b")};
}

TEST(pairwise_judge, asks_in_both_orders_and_averages) {
    std::vector<std::string> heard;
    const aha::pairwise_judge judge{[&](std::span<const aha::message> messages) {
        const auto [a, b] = texts_in(messages);
        heard.push_back(a + b);
        return std::string{a == "good" ? "[[A>>B]]" : "[[B>A]]"};
    }};
    const aha::pairwise_judgment said = judge("q", "good", "bad");
    EXPECT_EQ(said.margin, 1.5);
    EXPECT_EQ(said.calls, 4);
    EXPECT_EQ(said.unreadable, 0);
    EXPECT_EQ(heard, (std::vector<std::string>{"goodbad", "goodbad", "badgood", "badgood"}));
    EXPECT_EQ(judge("q", "bad", "good").margin, -1.5);
}

TEST(pairwise_judge, is_not_swayed_by_the_order) {
    const aha::pairwise_judge first{[](std::span<const aha::message>) { return std::string{"[[A>>B]]"}; }};
    EXPECT_EQ(first("q", "one", "two").margin, 0);
    // One order has fewer verdicts than the other, and counts as much.
    const aha::pairwise_judge uneven{[](std::span<const aha::message> messages, std::uint64_t vote = 0) {
        return std::string{texts_in(messages).a == "two" && vote == 1 ? "Hm." : "[[A>B]]"};
    }};
    const aha::pairwise_judgment said = uneven("q", "one", "two");
    EXPECT_EQ(said.margin, 0);
    EXPECT_EQ(said.unreadable, 1);
}

TEST(pairwise_judge, says_nothing_unless_both_orders_can_be_read) {
    const aha::pairwise_judge half{[](std::span<const aha::message> messages) {
        return std::string{texts_in(messages).a == "one" ? "[[A>>B]]" : "I like both."};
    }};
    const aha::pairwise_judgment said = half("q", "one", "two");
    EXPECT_FALSE(said.margin.has_value());
    EXPECT_EQ(said.unreadable, 2);
}

TEST(pairwise_judge, refuses_an_odd_number_of_calls) {
    const auto judge = [](std::span<const aha::message>) { return std::string{}; };
    for (const int calls : {0, 3, -2})
        EXPECT_EQ(aha::test::complaint([&] {
                      aha::pairwise_judge{judge, {.calls = calls}};
                  }),
                  "calls must be positive and even, so that both orders are asked equally often, not " +
                      std::to_string(calls));
}

}  // namespace
