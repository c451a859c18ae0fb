#include <aha/data/example_rows.hpp>

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include <aha/core/random.hpp>
#include <aha/core/state.hpp>
#include <tests/support/complaint.hpp>

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

TEST(example_rows, batches_of_another_size_go_on_with_what_is_left) {
    for (const bool pack : {false, true})
        for (const std::int64_t size : {1, 2, 3, 8}) {
            const aha::example_rows_options options{.row_tokens = 9, .pack = pack, .seed = 2, .epochs = 2};
            aha::example_rows first{examples(40), options}, second{examples(40), options};
            std::multiset<std::int64_t> seen;
            const auto see = [&](const std::vector<aha::example_rows::row>& batch) {
                for (const auto& row : batch)
                    for (const auto* one : row) seen.insert(one->index);
            };
            for (int i = 0; i < 3; ++i) see(first.next(4));
            second.load(first.save());
            const std::int64_t left = second.batches_left(size);
            std::int64_t taken = 0;
            for (auto batch = second.next(size); !batch.empty(); batch = second.next(size), ++taken) see(batch);
            EXPECT_EQ(taken, left);
            for (std::int64_t i = 0; i < 40; ++i) EXPECT_EQ(seen.count(i), 2U) << i << ", batches of " << size;
        }
}

/// What a place that `saved` made says when it is loaded by rows that `options` make.
std::string refused(const aha::example_rows& saved, std::size_t count, const aha::example_rows_options& options) {
    return aha::test::complaint([&] { aha::example_rows{examples(count), options}.load(saved.save()); });
}

TEST(example_rows, what_makes_a_place_another_one_is_said_with_both_values) {
    using testing::HasSubstr;
    const aha::example_rows_options options{.row_tokens = 9, .pack = true, .window = 7, .seed = 5, .epochs = 3};
    aha::example_rows rows{examples(15), options};
    while (rows.epoch() < 2) rows.next(4);
    EXPECT_EQ(refused(rows, 15, options), "no complaint");
    auto other = options;
    other.epochs = 7;
    EXPECT_EQ(refused(rows, 15, other), "no complaint") << "more epochs are gone on with";
    other.epochs = 2;
    EXPECT_THAT(refused(rows, 15, other), HasSubstr("in epoch 3, but there are to be 2 epochs"));
    EXPECT_THAT(refused(rows, 16, options), HasSubstr("other examples: 15 of them, but these are 16"));
    other = options, other.seed = 6;
    EXPECT_THAT(refused(rows, 15, other), HasSubstr("seed 5, not 6"));
    other = options, other.shuffle = false;
    EXPECT_THAT(refused(rows, 15, other), HasSubstr("in a shuffled order, not in their own"));
    other = options, other.pack = false;
    EXPECT_THAT(refused(rows, 15, other), HasSubstr("packed rows, not in rows of one example"));
    other = options, other.row_tokens = 12;
    EXPECT_THAT(refused(rows, 15, other), HasSubstr("row_tokens 9, not 12"));
    other = options, other.window = 8;
    EXPECT_THAT(refused(rows, 15, other), HasSubstr("window 7, not 8"));
    const aha::example_rows plain{examples(15), {.row_tokens = 9}};
    EXPECT_EQ(refused(plain, 15, {.row_tokens = 20}), "no complaint")
        << "the width of a row of one example does not matter";
    auto changed = examples(15);
    changed[3].ids[0] = 29;
    EXPECT_THROW((aha::example_rows{changed, {.row_tokens = 9}}.load(plain.save())), aha::error);
}

using packed_rows = std::vector<std::vector<std::size_t>>;

TEST(best_fit, the_longest_come_first_and_each_goes_where_least_is_left) {
    const std::vector<std::int64_t> lengths{3, 6, 5, 4, 2};
    // 6 | 5 | 4 joins 6 (4 left, exactly) | 3 joins 5 | 2 joins 5 and 3
    EXPECT_EQ(aha::best_fit_rows(lengths, 10), (packed_rows{{1, 3}, {0, 2, 4}}));
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
