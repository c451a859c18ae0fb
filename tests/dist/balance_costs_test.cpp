#include <aha/dist/rank_work.hpp>

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>

#include <aha/core/random.hpp>

namespace {

TEST(balance_costs, gives_every_piece_to_a_rank_and_evens_the_load) {
    const aha::random_stream random{{7, 0, 0, 0}};
    std::uint64_t n = 0;
    for (const int ranks : {1, 2, 3, 8}) {
        std::vector<std::int64_t> costs(100);
        for (std::int64_t& cost : costs) cost = 1 + static_cast<std::int64_t>(random.below(n++, 500));
        const std::vector<int> owner = aha::balance_costs(costs, ranks);
        ASSERT_EQ(owner.size(), costs.size());
        std::vector<std::int64_t> load(static_cast<std::size_t>(ranks));
        for (std::size_t i = 0; i < costs.size(); ++i) load.at(static_cast<std::size_t>(owner[i])) += costs[i];
        const std::int64_t mean = std::accumulate(costs.begin(), costs.end(), std::int64_t{0}) / ranks;
        EXPECT_LT(*std::ranges::max_element(load), mean * 1.05 + 1) << ranks;
        EXPECT_EQ(owner, aha::balance_costs(costs, ranks));
    }
}

TEST(balance_costs, has_ranks_without_work_when_there_are_few_pieces) {
    EXPECT_EQ(aha::balance_costs(std::vector<std::int64_t>{3, 9}, 4), (std::vector<int>{1, 0}));
    EXPECT_TRUE(aha::balance_costs({}, 4).empty());
}

TEST(balance_costs, gives_a_long_piece_a_rank_of_its_own) {
    EXPECT_EQ(aha::balance_costs(std::vector<std::int64_t>{1, 100, 1, 1}, 2), (std::vector<int>{1, 0, 1, 1}));
}

}  // namespace
