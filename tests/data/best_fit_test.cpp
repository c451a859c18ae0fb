#include <aha/data/best_fit.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/core/random.hpp>

namespace {

using testing::ElementsAre;
using rows = std::vector<std::vector<std::size_t>>;

TEST(best_fit, the_longest_come_first_and_each_goes_where_least_is_left) {
    const std::vector<std::int64_t> lengths{3, 6, 5, 4, 2};
    // 6 | 5 | 4 joins 6 (4 left, exactly) | 3 joins 5 | 2 joins 5 and 3
    EXPECT_EQ(aha::best_fit_rows(lengths, 10), (rows{{1, 3}, {0, 2, 4}}));
}

TEST(best_fit, nothing_is_lost_doubled_or_over_the_capacity) {
    const aha::random_stream random{{3, 0, 0, 0}};
    std::vector<std::int64_t> lengths;
    std::int64_t total = 0;
    for (std::uint64_t n = 0; n < 500; ++n)
        total += lengths.emplace_back(1 + static_cast<std::int64_t>(random.below(n, 60)));
    std::vector<int> seen(lengths.size());
    const auto packed = aha::best_fit_rows(lengths, 64);
    for (const auto& row : packed) {
        std::int64_t used = 0;
        for (const std::size_t item : row) used += lengths[item], ++seen[item];
        EXPECT_LE(used, 64);
        EXPECT_TRUE(std::is_sorted(row.begin(), row.end()));
    }
    EXPECT_THAT(seen, testing::Each(1));
    EXPECT_LE(std::ssize(packed), (11 * ((total + 63) / 64)) / 9 + 1);
}

TEST(best_fit, an_item_longer_than_a_row_is_refused) {
    const std::vector<std::int64_t> lengths{3, 11};
    EXPECT_THROW(aha::best_fit_rows(lengths, 10), aha::error);
    EXPECT_TRUE(aha::best_fit_rows({}, 10).empty());
}

}  // namespace
