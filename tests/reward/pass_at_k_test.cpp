#include <aha/reward/pass_at_k.hpp>

#include <bit>
#include <gtest/gtest.h>
#include <string>

#include <tests/support/complaint.hpp>

namespace {

using aha::pass_at_k;

/// The share of all choices of k of n samples, the first c of which are right, that hold a right one.
double by_enumeration(int n, int c, int k) {
    double all = 0, passed = 0;
    for (unsigned chosen = 0; chosen < 1U << n; ++chosen) {
        if (std::popcount(chosen) != k) continue;
        ++all;
        passed += (chosen & ((1U << c) - 1)) != 0 ? 1 : 0;
    }
    return passed / all;
}

TEST(pass_at_k, is_the_share_of_choices_that_hold_a_right_sample) {
    for (int n = 1; n <= 9; ++n)
        for (int c = 0; c <= n; ++c)
            for (int k = 1; k <= n; ++k)
                EXPECT_NEAR(pass_at_k(n, c, k), by_enumeration(n, c, k), 1e-14) << n << " " << c << " " << k;
}

TEST(pass_at_k, has_the_closed_forms) {
    EXPECT_DOUBLE_EQ(pass_at_k(64, 16, 1), 0.25);  // k = 1: the accuracy
    EXPECT_DOUBLE_EQ(pass_at_k(10, 1, 5), 0.5);    // one right sample: k / n
    EXPECT_EQ(pass_at_k(10, 3, 10), 1);            // all are looked at
    EXPECT_EQ(pass_at_k(10, 6, 5), 1);             // too few wrong ones to fill a choice
    EXPECT_EQ(pass_at_k(10, 0, 10), 0);
    EXPECT_EQ(pass_at_k(10, 10, 1), 1);
    // Numbers whose binomials no double holds: 1 - C(1000, 1000) / C(2000, 1000) and (for one right) k / n.
    EXPECT_EQ(pass_at_k(2000, 1000, 1000), 1);
    EXPECT_NEAR(pass_at_k(2000, 1, 700), 0.35, 1e-12);
}

TEST(pass_at_k, refuses_counts_that_cannot_be) {
    const auto message = [](int n, int c, int k) { return aha::test::complaint([&] { pass_at_k(n, c, k); }); };
    EXPECT_EQ(message(4, 1, 5), "pass@5 needs at least 5 samples a problem, not 4");
    EXPECT_EQ(message(4, 1, 0), "pass@k needs a positive k, not 0");
    EXPECT_EQ(message(4, 5, 1), "5 of 4 samples cannot be correct");
    EXPECT_EQ(message(4, -1, 1), "-1 of 4 samples cannot be correct");
}

}  // namespace
