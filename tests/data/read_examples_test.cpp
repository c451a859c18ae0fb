#include <aha/data/read_examples.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>

#include <aha/text/byte_tokenizer.hpp>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>

namespace {

using aha::overlong;
using aha::test::complaint;
using aha::test::made_folder;
using testing::HasSubstr;

/// A byte a token; the end token is the last id.
struct source {
    aha::byte_tokenizer tokenizer;
    std::optional<aha::chat_template> chat;
};

const std::string good = R"({"prompt": "ab", "completion": "cd"})", empty = R"({"prompt": "ab", "completion": ""})",
                  long_answer = R"({"prompt": "ab", "completion": "0123456789"})",
                  long_prompt = R"({"prompt": "0123456789", "completion": "x"})";

TEST(read_examples, a_row_that_teaches_nothing_is_named_or_left_out_and_counted) {
    const source from{};
    const made_folder folder;
    const auto path = folder.file("empty.jsonl", good + "\n\n" + empty + "\n" + good + "\n" + empty);
    EXPECT_THAT(complaint([&] { (void)aha::read_examples(from, path); }),
                testing::AllOf(HasSubstr(path.string() + ":3: "), HasSubstr("\"completion\" is empty")));
    const auto read = aha::read_examples(from, path, {.drop_unusable = true});
    EXPECT_EQ(read.records.size(), 2U);
    EXPECT_EQ(read.records[1].index, 2);
    EXPECT_EQ(read.unusable, 2);
    EXPECT_THAT(read.describe(), testing::AllOf(HasSubstr("2 left out because they teach nothing"), HasSubstr(":3: ")));
    const auto none = folder.file("none.jsonl", empty);
    EXPECT_THAT(complaint([&] { (void)aha::read_examples(from, none, {.drop_unusable = true}); }),
                testing::AllOf(HasSubstr(none.string()), HasSubstr("holds nothing to learn from: 1 left out")));
}

TEST(read_examples, a_row_that_is_too_long_is_named_dropped_or_cut) {
    const source from{};
    const made_folder folder;
    const auto path = folder.file("long.jsonl", good + "\n" + long_answer + "\n" + long_prompt);
    EXPECT_THAT(complaint([&] { (void)aha::read_examples(from, path, {.max_tokens = 8}); }),
                testing::AllOf(HasSubstr(path.string() + ":2: 13 tokens, more than the 8")));
    const auto dropped = aha::read_examples(from, path, {.max_tokens = 8, .long_rows = overlong::drop});
    EXPECT_EQ(dropped.records.size(), 1U);
    EXPECT_EQ(dropped.too_long, 2);
    EXPECT_EQ(dropped.describe(), "2 too long, left out");
    // A cut keeps the beginning; what has nothing to learn after it is left out.
    const auto cut = aha::read_examples(from, path, {.max_tokens = 8, .long_rows = overlong::cut});
    ASSERT_EQ(cut.records.size(), 2U);
    EXPECT_EQ(from.tokenizer.decode(cut.records[1].ids), "ab012345");
    EXPECT_EQ(cut.records[1].loss_mask, (std::vector<std::uint8_t>{0, 0, 1, 1, 1, 1, 1, 1}));
    EXPECT_EQ(cut.cut, 1);
    EXPECT_EQ(cut.too_long, 1);
}

TEST(read_preferences, both_sides_are_tokens_and_equal_ones_are_named_or_left_out) {
    const source from{};
    const std::string one = R"({"prompt": "ab", "chosen": "cd", "rejected": "e"})",
                      same = R"({"prompt": "ab", "chosen": "cd", "rejected": "cd"})",
                      late = R"({"prompt": "ab", "chosen": "01234567", "rejected": "01234568"})";
    const made_folder folder;
    const auto path = folder.file("pairs.jsonl", one + "\n" + same + "\n" + late);
    EXPECT_THAT(complaint([&] { (void)aha::read_preferences(from, path); }),
                testing::AllOf(HasSubstr(path.string() + ":2: "), HasSubstr("are equal")));
    const auto read =
        aha::read_preferences(from, path, {.max_tokens = 6, .long_rows = overlong::cut, .drop_unusable = true});
    ASSERT_EQ(read.records.size(), 1U);
    EXPECT_EQ(from.tokenizer.decode(read.records[0].chosen), "abcd");
    EXPECT_EQ(read.records[0].chosen.back(), aha::byte_tokenizer::end_id);
    EXPECT_EQ(from.tokenizer.decode(read.records[0].rejected), "abe");
    EXPECT_EQ(read.records[0].prompt_tokens, 2);
    EXPECT_EQ(read.unusable, 1);
    EXPECT_EQ(read.too_long, 1) << "a cut that leaves both sides equal leaves nothing";
    EXPECT_THAT(complaint([&] { (void)aha::read_preferences(from, path, {.max_tokens = -1}); }),
                HasSubstr("max_tokens must be 0 (no limit) or more, not -1"));
}

}  // namespace
