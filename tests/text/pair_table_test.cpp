#include <aha/text/pair_table.hpp>

#include <cstddef>
#include <cstdint>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <utility>

#include <aha/core/token_id.hpp>

namespace {

using namespace aha;
using namespace aha::detail::tokenizing;

TEST(pair_table, is_a_map) {
    std::mt19937 random{3};
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{5000}}) {
        pair_table table{count};
        std::map<std::pair<token_id, token_id>, std::uint32_t> wanted;
        for (std::uint32_t rank = 0; rank < count; ++rank) {
            const token_id left = random() % 300, right = random() % 300;  // some come again
            table.put(left, right, {rank, static_cast<std::int32_t>(left)});
            wanted[{left, right}] = rank;
        }
        for (token_id left = 0; left < 300; ++left)
            for (token_id right = 0; right < 300; ++right) {
                const auto found = wanted.find({left, right});
                const merge_rule rule = table.at(left, right);
                ASSERT_EQ(rule.whole, found == wanted.end() ? -1 : left);
                ASSERT_EQ(rule.rank, found == wanted.end() ? 0 : found->second);
            }
    }
    EXPECT_EQ(pair_table{}.at(0, 0).whole, -1);
}

}  // namespace
