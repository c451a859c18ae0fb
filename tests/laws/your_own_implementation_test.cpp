// What a user writes to test implementations of her own: docs/laws.md shows it.
#include <gtest/gtest.h>

//! [reward]
#include <aha/reward/last_integer.hpp>
#include <aha/testing/laws/reward_laws.hpp>
#include <aha/testing/register_laws.hpp>

struct right_sum {
    double operator()(const aha::prompt& p, const aha::completion& c) const {
        return aha::last_integer(c.text) == p["answer"] ? 1.0 : 0.0;
    }
};
template <>
inline constexpr bool aha::deterministic_reward<right_sum> = true;

struct right_sum_case {
    static right_sum make() { return {}; }
};
const bool registered = aha::testing::register_laws("right_sum", aha::testing::reward_laws::all<right_sum_case>());
//! [reward]

//! [advantage]
#include <aha/testing/laws/advantage_laws.hpp>

/// The best completion of a group against the rest.
std::vector<double> best_against_the_rest(std::span<const aha::score> scores) {
    double best = -std::numeric_limits<double>::infinity();
    for (const aha::score& s : scores)
        if (s.applicable) best = std::max(best, s.value);
    std::vector<double> advantages;
    for (const aha::score& s : scores) advantages.push_back(!s.applicable ? 0 : s.value == best ? 1 : -1);
    return advantages;
}
struct best_case {
    static auto make() { return &best_against_the_rest; }
};
TEST(my_advantage, obeys_the_laws) {
    for (const aha::testing::law& one : aha::testing::advantage_laws::all<best_case>())
        EXPECT_EQ(one.broken(), "") << one.name;
}
//! [advantage]
