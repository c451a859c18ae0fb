#include <aha/rollout/environment/answer_pool.hpp>

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using aha::environment_answer;
using aha::detail::answer_pool;

/// A gate that calls wait at; it is shared with those that are left behind.
struct gate {
    std::atomic<bool> open = false;
    std::atomic<int> entered = 0;

    void pass() {
        ++entered;
        entered.notify_all();
        open.wait(false);
    }
    void wait_for_entry() const {
        for (int seen = entered; seen == 0; seen = entered) entered.wait(seen);
    }
    void open_up() {
        open = true;
        open.notify_all();
    }
};

/// Waits until nobody else holds the gate: what was left behind has ended.
void wait_for_all_to_leave(const std::shared_ptr<gate>& last) {
    while (last.use_count() > 1) std::this_thread::yield();
}

environment_answer said(std::string text) { return {.text = std::move(text)}; }

TEST(answer_pool, gives_each_call_its_own_answer_once) {
    answer_pool pool{3, 0};
    std::vector<std::size_t> numbers;
    for (int n = 0; n < 50; ++n) numbers.push_back(pool.begin([n] { return said(std::to_string(n)); }));
    pool.wait(60);
    for (int n = 49; n >= 0; --n) {
        const auto outcome = pool.take(numbers[static_cast<std::size_t>(n)]);
        ASSERT_TRUE(outcome);
        EXPECT_EQ(outcome->answer.text, std::to_string(n));
        EXPECT_EQ(outcome->failure, "");
        EXPECT_FALSE(pool.take(numbers[static_cast<std::size_t>(n)]));
    }
}

TEST(answer_pool, makes_calls_in_order_on_one_thread) {
    answer_pool pool{1, 0};
    const auto order = std::make_shared<std::string>();
    for (const char c : std::string{"abcdef"}) pool.begin([c, order] { return order->push_back(c), said(""); });
    pool.wait(60);
    EXPECT_EQ(*order, "abcdef");
}

TEST(answer_pool, waits_for_the_first_alone_if_asked_to) {
    const auto slow = std::make_shared<gate>();
    answer_pool pool{2, 0};
    const auto first = pool.begin([slow] { return slow->pass(), said("slow"); });
    const auto second = pool.begin([] { return said("quick"); });
    pool.wait(-1);
    EXPECT_FALSE(pool.take(first));
    EXPECT_EQ(pool.take(second)->answer.text, "quick");
    pool.wait(0.001);  // ends although the first has not
    EXPECT_FALSE(pool.take(first));
    slow->open_up();
    pool.wait(-1);
    EXPECT_EQ(pool.take(first)->answer.text, "slow");
    pool.wait(-1);  // nothing to wait for
}

TEST(answer_pool, a_call_that_throws_has_failed) {
    answer_pool pool{1, 0};
    const auto thrown = pool.begin([]() -> environment_answer { throw std::runtime_error{"no board"}; });
    const auto odd = pool.begin([]() -> environment_answer { throw 3; });
    const auto fine = pool.begin([] { return said("fine"); });
    pool.wait(60);
    EXPECT_EQ(pool.take(thrown)->failure, "the environment threw: no board");
    EXPECT_EQ(pool.take(odd)->failure, "the environment threw something that is no std::exception");
    EXPECT_EQ(pool.take(fine)->answer.text, "fine");
}

TEST(answer_pool, a_call_beyond_the_deadline_has_failed_and_another_thread_takes_its_place) {
    const auto hangs = std::make_shared<gate>();
    {
        answer_pool pool{1, 0.02};
        const auto late = pool.begin([hangs] { return hangs->pass(), said("late"); });
        const auto next = pool.begin([] { return said("next"); });
        pool.wait(60);
        const auto outcome = pool.take(late);
        ASSERT_TRUE(outcome);
        EXPECT_EQ(outcome->failure, "no answer within the deadline of 0.02 s");
        EXPECT_EQ(outcome->answer.text, "");
        EXPECT_EQ(pool.take(next)->answer.text, "next");
        hangs->open_up();  // what comes late is for nobody
        wait_for_all_to_leave(hangs);
        EXPECT_FALSE(pool.take(late));
    }
}

TEST(answer_pool, goes_without_waiting_for_a_call_that_hangs) {
    const auto hangs = std::make_shared<gate>(), never = std::make_shared<gate>();
    {
        answer_pool pool{1, 0.02};
        pool.begin([hangs] { return hangs->pass(), said("late"); });
        pool.begin([never] { return never->pass(), said("not made any more"); });
        hangs->wait_for_entry();
    }  // does not return if it joins the one that hangs
    EXPECT_EQ(never->entered, 0);
    EXPECT_EQ(never.use_count(), 1);
    hangs->open_up();
    wait_for_all_to_leave(hangs);
}

TEST(answer_pool, without_a_deadline_waits_for_what_is_under_way) {
    const auto slow = std::make_shared<gate>();
    const auto ended = std::make_shared<std::atomic<bool>>(false);
    std::optional<answer_pool> pool{std::in_place, 1U, 0.0};
    pool->begin([slow, ended] {
        slow->pass();
        for (int n = 0; n < 1000; ++n) std::this_thread::yield();
        *ended = true;
        return said("");
    });
    slow->wait_for_entry();
    slow->open_up();
    pool.reset();
    EXPECT_TRUE(*ended);
}

}  // namespace
