#include <aha/data/example_rows.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

namespace {

std::vector<aha::supervised_example> examples(std::size_t count) {
    std::vector<aha::supervised_example> all(count);
    for (std::size_t i = 0; i < count; ++i)
        all[i] = {static_cast<std::int64_t>(i), std::vector<aha::token_id>(2 + i % 5, static_cast<aha::token_id>(i)),
                  std::vector<std::uint8_t>(2 + i % 5, 1)};
    return all;
}

/// The indices of all batches, until none is left.
std::vector<std::vector<std::vector<std::int64_t>>> all_batches(aha::example_rows& rows, std::int64_t count) {
    std::vector<std::vector<std::vector<std::int64_t>>> batches;
    for (auto batch = rows.next(count); !batch.empty(); batch = rows.next(count)) {
        batches.emplace_back();
        for (const auto& row : batch) {
            batches.back().emplace_back();
            for (const auto* one : row) batches.back().back().push_back(one->index);
        }
    }
    return batches;
}

TEST(example_rows, each_epoch_gives_every_example_once_in_another_order) {
    for (const bool pack : {false, true}) {
        aha::example_rows rows{examples(23), {.row_tokens = 9, .pack = pack, .window = 10, .epochs = 3}};
        EXPECT_EQ(rows.batches(4), std::ssize(all_batches(rows, 4)));
        aha::example_rows again{examples(23), {.row_tokens = 9, .pack = pack, .window = 10, .epochs = 3}};
        std::set<std::vector<std::int64_t>> orders;
        for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
            std::vector<std::int64_t> order;
            while (std::ssize(order) < 23) {
                for (const auto& row : again.next(4)) {
                    std::int64_t used = 0;
                    for (const auto* one : row) order.push_back(one->index), used += std::ssize(one->ids);
                    EXPECT_LE(used, 9);
                    EXPECT_TRUE(pack || row.size() == 1);
                }
                ASSERT_EQ(again.epoch(), epoch) << "a batch ends with its epoch";
            }
            orders.insert(order);
            std::sort(order.begin(), order.end());
            for (std::int64_t i = 0; i < 23; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
        }
        EXPECT_EQ(orders.size(), 3U);
        EXPECT_TRUE(again.next(4).empty());
    }
}

TEST(example_rows, goes_on_from_every_place) {
    const aha::example_rows_options options{.row_tokens = 12, .pack = true, .window = 7, .seed = 5, .epochs = 3};
    aha::example_rows whole{examples(15), options};
    const auto expected = all_batches(whole, 2);
    for (std::size_t stop = 0; stop <= expected.size(); ++stop) {
        aha::example_rows first{examples(15), options}, second{examples(15), options};
        for (std::size_t i = 0; i < stop; ++i) first.next(2);
        second.load(first.save());
        const std::vector<std::vector<std::vector<std::int64_t>>> rest{
            expected.begin() + static_cast<std::ptrdiff_t>(stop), expected.end()};
        EXPECT_EQ(all_batches(second, 2), rest) << "after " << stop;
    }
}

TEST(example_rows, without_a_shuffle_the_order_is_as_given) {
    aha::example_rows rows{examples(5), {.shuffle = false, .epochs = 2}};
    const auto batches = all_batches(rows, 5);
    ASSERT_EQ(batches.size(), 2U);
    EXPECT_EQ(batches[0], batches[1]);
    EXPECT_EQ(batches[0], (std::vector<std::vector<std::int64_t>>{{0}, {1}, {2}, {3}, {4}}));
}

TEST(example_rows, places_in_other_examples_or_orders_are_refused) {
    aha::example_rows rows{examples(5)}, others{examples(6)}, turned{examples(5), {.seed = 1}};
    EXPECT_THROW(others.load(rows.save()), aha::error);
    EXPECT_THROW(turned.load(rows.save()), aha::error);
    aha::state beyond = rows.save();
    beyond.values["position"] = 6;
    EXPECT_THROW(rows.load(beyond), aha::error);
}

}  // namespace
