#include <aha/advantage/centered_values.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <vector>

#include <aha/core/random.hpp>

namespace {

using aha::detail::centered_scores;
using aha::detail::centered_values;
using testing::Each;
using testing::ElementsAre;

TEST(centered_values, are_what_sums_in_order_give) {
    const aha::random_stream random{{5, 0, 0, 0}};
    std::uint64_t n = 0;
    for (std::size_t size = 2; size < 40; ++size) {
        std::vector<double> given(size);
        for (double& x : given) x = 100 * random.normal(n++);
        const double mean = std::accumulate(given.begin(), given.end(), 0.0) / static_cast<double>(size);
        double squares = 0;
        std::vector<double> expected;
        for (const double x : given) {
            expected.push_back(x - mean);
            squares += expected.back() * expected.back();
        }
        const centered_values made{given};
        EXPECT_EQ(made.values, expected) << size;
        // A compiler may fuse the products with the sums, here or there.
        EXPECT_DOUBLE_EQ(made.deviation(), std::sqrt(squares / static_cast<double>(size - 1))) << size;
    }
}

TEST(centered_values, of_equal_numbers_are_exactly_0) {
    for (const std::size_t size : {1U, 3U, 7U}) {
        const centered_values made{std::vector<double>(size, 0.1)};
        EXPECT_THAT(made.values, Each(0.0));
        EXPECT_EQ(made.deviation(), 0);
        EXPECT_EQ(made.scaled(0, 0), 0);
    }
    EXPECT_TRUE(centered_values{{}}.values.empty());
    EXPECT_EQ(centered_values{{}}.deviation(), 0);
}

TEST(centered_values, show_a_number_that_is_none) {
    const centered_values made{{1, std::numeric_limits<double>::quiet_NaN()}};
    EXPECT_TRUE(std::isnan(made.values[0]));
}

TEST(centered_scores, leave_out_what_is_not_applicable) {
    const std::vector<aha::score> scores{1.0, aha::score::not_applicable(), 4.0};
    const centered_scores made{scores};
    EXPECT_THAT(made.places, ElementsAre(0U, 2U));
    EXPECT_THAT(made.spread(3, 0.5), ElementsAre(-3, 0, 3));
}

}  // namespace
