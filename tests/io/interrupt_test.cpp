#include <aha/io/interrupt.hpp>

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tests/io/support.hpp>

namespace {

volatile std::sig_atomic_t seen = 0;
void count(int) { seen = seen + 1; }

class interrupt_guard_test : public testing::TestWithParam<int> {
protected:
    interrupt_guard_test() { seen = 0; }
    ~interrupt_guard_test() override { std::signal(GetParam(), old_); }
    void (*old_)(int) = std::signal(GetParam(), &count);
};
INSTANTIATE_TEST_SUITE_P(signals, interrupt_guard_test, testing::Values(SIGINT, SIGTERM));

TEST_P(interrupt_guard_test, raises_a_flag_and_gives_the_old_handler_back) {
    for (int round = 0; round < 2; ++round) {
        const aha::interrupt_guard guard;
        EXPECT_FALSE(guard.requested());
        std::raise(GetParam());
        EXPECT_TRUE(guard.requested());
    }
    EXPECT_EQ(seen, 0);
    std::raise(GetParam());
    EXPECT_EQ(seen, 1);
}

TEST_P(interrupt_guard_test, second_signal_ends_the_process) {
    const int other = GetParam() == SIGINT ? SIGTERM : SIGINT;
    const auto twice = [&](int second) {
        const aha::interrupt_guard guard;
        std::raise(GetParam());
        std::raise(second);
    };
    std::signal(other, SIG_DFL);
    EXPECT_EXIT(twice(GetParam()), testing::KilledBySignal(GetParam()), "");
    EXPECT_EXIT(twice(other), testing::KilledBySignal(other), "");
}

TEST_P(interrupt_guard_test, leaves_an_ignored_signal_ignored) {
    std::signal(GetParam(), SIG_IGN);
    const aha::interrupt_guard guard;
    std::raise(GetParam());
    EXPECT_FALSE(guard.requested());
}

TEST(interrupt_guard_alone, is_the_only_one) {
    const aha::interrupt_guard guard;
    EXPECT_THAT(aha::test::complaint([] { const aha::interrupt_guard second; }), testing::HasSubstr("already is"));
}

}  // namespace
