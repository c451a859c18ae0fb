#include <aha/model/ops/long_texts.hpp>

#include <ATen/ATen.h>
#include <cstdint>
#include <gtest/gtest.h>
#include <vector>

namespace {

/// One text of so many tokens.
aha::packed_trees text_of(std::int64_t tokens) {
    return {at::zeros({tokens}, at::kLong), at::arange(tokens, at::kLong), {{{0, tokens}, {}}}};
}

/// Of a model whose frequencies depend on how long a text is.
aha::rotary_shape growing(std::int64_t head_dim) {
    return {.head_dim = head_dim, .scaling = aha::dynamic_scaling{.factor = 4}, .context = 16};
}

TEST(long_text_tables, are_made_when_a_length_is_first_read_and_not_again) {
    const aha::rotary_shape shape = growing(8);
    const aha::rotary_table usual{shape, 16, at::kFloat};
    aha::long_text_tables tables;
    const aha::placed_trees first = aha::placed(text_of(20), shape, usual, tables);
    const aha::placed_trees again = aha::placed(text_of(20), shape, usual, tables);
    EXPECT_EQ(tables.made(), 1);
    EXPECT_TRUE(at::equal(first.table.all().cosine, again.table.all().cosine));
    const aha::rotary_table right{shape, 20, at::kFloat};
    EXPECT_TRUE(at::equal(again.table.all().sine.narrow(0, 16, 20), right.all().sine));
    aha::placed(text_of(21), shape, usual, tables);
    aha::placed(text_of(16), shape, usual, tables);  // not a long one
    EXPECT_EQ(tables.made(), 2);
}

TEST(long_text_tables, do_not_keep_more_than_they_may) {
    const aha::rotary_shape shape = growing(2);
    aha::long_text_tables tables;
    constexpr std::int64_t half = aha::long_text_tables::max_rows / 2;
    for (const std::int64_t length : {half, half - 1, half - 2}) tables.of(shape, length, at::kFloat);
    EXPECT_EQ(tables.made(), 3);
    tables.of(shape, half - 1, at::kFloat);  // still there
    EXPECT_EQ(tables.made(), 3);
    tables.of(shape, half, at::kFloat);  // was the oldest
    EXPECT_EQ(tables.made(), 4);
}

}  // namespace
