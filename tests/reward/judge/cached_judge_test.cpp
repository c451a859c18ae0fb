#include <aha/reward/judge/cached_judge.hpp>

#include <atomic>
#include <cstdint>
#include <gtest/gtest.h>
#include <latch>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/message.hpp>
#include <tests/support/complaint.hpp>

namespace {

using messages = std::vector<aha::message>;

TEST(cached_judge, is_asked_once_about_the_same) {
    int calls = 0;
    const auto judge = aha::cached([&](std::span<const aha::message>) { return std::to_string(++calls); });
    static_assert(aha::require_judge<decltype(judge)>() && aha::judge_has_votes<decltype(judge)>);
    EXPECT_EQ(judge(messages{{"user", "a"}}), "1");
    EXPECT_EQ(judge(messages{{"user", "b"}}), "2");
    EXPECT_EQ(judge(messages{{"user", "a"}}), "1");
    const auto copy = judge;
    EXPECT_EQ(copy(messages{{"user", "b"}}), "2");
    // A vote, a role, a boundary and what a message is besides its text make another question.
    EXPECT_EQ(judge(messages{{"user", "a"}}, 1), "3");
    EXPECT_EQ(judge(messages{{"system", "a"}}), "4");
    EXPECT_EQ(judge(messages{{"user", "a"}, {"user", ""}}), "5");
    EXPECT_EQ(judge(messages{{"user", "a", aha::json{{"name", "Ann"}}}}), "6");
    EXPECT_EQ(judge(messages{{"user", "a"}}, 1), "3");
}

TEST(cached_judge, passes_the_vote_on) {
    const auto judge =
        aha::cached([](std::span<const aha::message>, std::uint64_t vote = 0) { return std::to_string(vote); });
    EXPECT_EQ(judge(messages{{"user", "a"}}, 5), "5");
    EXPECT_EQ(judge(messages{{"user", "a"}}), "0");
}

TEST(cached_judge, forgets_failures_and_what_there_is_no_room_for) {
    int calls = 0;
    const auto judge = aha::cached(
        [&](std::span<const aha::message> asked) -> std::string {
            ++calls;
            if (asked[0].content == "fail") aha::fail("no");
            return std::string(50, 'x');
        },
        100);
    EXPECT_EQ(aha::test::complaint([&] { judge(messages{{"user", "fail"}}); }), "no");
    EXPECT_EQ(aha::test::complaint([&] { judge(messages{{"user", "fail"}}); }), "no");
    EXPECT_EQ(calls, 2);
    judge(messages{{"user", "a"}});
    judge(messages{{"user", "a"}});
    EXPECT_EQ(calls, 3);
    judge(messages{{"user", "b"}});
    judge(messages{{"user", "a"}});
    EXPECT_EQ(calls, 5);
    EXPECT_EQ(
        aha::test::complaint([] { aha::cached([](std::span<const aha::message>) { return std::string{}; }, -1); }),
        "most_bytes must be 0 (keep nothing) or more, not -1");
}

TEST(cached_judge, lets_threads_that_ask_the_same_wait_for_one_answer) {
    std::atomic<int> calls = 0, asking = 0;
    std::latch all_ask{1};
    const auto judge = aha::cached([&](std::span<const aha::message>) {
        ++calls;
        all_ask.wait();
        return std::string{"said"};
    });
    std::vector<std::string> heard(4);
    {
        std::vector<std::jthread> threads;
        for (std::string& one : heard)
            threads.emplace_back([&] {
                ++asking;
                one = judge(messages{{"user", "a"}});
            });
        while (asking < 4) std::this_thread::yield();
        all_ask.count_down();
    }
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(heard, std::vector<std::string>(4, "said"));
}

}  // namespace
