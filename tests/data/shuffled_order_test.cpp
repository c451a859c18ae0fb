#include <aha/data/shuffled_order.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using aha::detail::shuffled_order;
using testing::ElementsAre;
using testing::IsEmpty;

shuffled_order seven_rows(std::int64_t epochs, bool shuffle = true) {
    return {"the rows", 7, 1, {.shuffle = shuffle, .seed = 3, .epochs = epochs}};
}

TEST(shuffled_order, gives_batches_that_end_with_their_epoch) {
    shuffled_order order = seven_rows(2, false);
    EXPECT_EQ(order.batches_left(3), 6);
    EXPECT_THAT(order.next_batch(3), ElementsAre(0, 1, 2));
    EXPECT_THAT(order.next_batch(3), ElementsAre(3, 4, 5));
    EXPECT_EQ(order.batches_left(3), 4);
    EXPECT_EQ(order.epochs_done(), 6.0 / 7);
    EXPECT_THAT(order.next_batch(3), ElementsAre(6));
    EXPECT_EQ(order.epochs_done(), 1);
    EXPECT_EQ(order.batches_left(3), 3);
    EXPECT_THAT(order.next_batch(100), ElementsAre(0, 1, 2, 3, 4, 5, 6));
    EXPECT_EQ(order.batches_left(3), 0);
    EXPECT_THAT(order.next_batch(3), IsEmpty());
}

TEST(shuffled_order, gives_the_same_rows_one_by_one_and_in_batches) {
    shuffled_order one_by_one = seven_rows(3), in_batches = seven_rows(3);
    std::vector<std::size_t> singles, batched;
    while (const auto place = one_by_one.next()) singles.push_back(place->row);
    for (std::vector<std::size_t> rows; !(rows = in_batches.next_batch(2)).empty();)
        batched.insert(batched.end(), rows.begin(), rows.end());
    EXPECT_EQ(batched, singles);
    EXPECT_EQ(singles.size(), 21U);
    EXPECT_FALSE(std::equal(singles.begin(), singles.begin() + 7, singles.begin() + 7));
}

TEST(shuffled_order, goes_on_from_a_place_within_an_epoch) {
    shuffled_order order = seven_rows(2), other = seven_rows(2);
    order.next_batch(4);
    other.load(order.save());
    EXPECT_EQ(other.batches_left(2), order.batches_left(2));
    EXPECT_EQ(other.next_batch(5), order.next_batch(5));
}

}  // namespace
