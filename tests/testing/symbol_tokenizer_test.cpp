#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include <aha/testing/symbol_tokenizer.hpp>

namespace {

using aha::token_id;
using aha::testing::symbol_tokenizer;
using testing::ElementsAre;

TEST(symbol_tokenizer, gives_each_symbol_its_place_in_the_list) {
    const symbol_tokenizer symbols{{"<think>", "+", "7", "0"}};
    EXPECT_THAT(symbols.encode("70+<think>7"), ElementsAre(2, 3, 1, 0, 2));
    EXPECT_EQ(symbols.decode(symbols.encode("70+<think>7")), "70+<think>7");
    EXPECT_THAT(symbols.encode(""), ElementsAre());
}

TEST(symbol_tokenizer, takes_the_longest_symbol_that_fits) {
    const symbol_tokenizer symbols{{"a", "abc", "ab", "c"}};
    EXPECT_THAT(symbols.encode("abcabca"), ElementsAre(1, 1, 0));
    EXPECT_THAT(symbols.encode("aba"), ElementsAre(2, 0));
}

TEST(symbol_tokenizer, ends_a_text_with_a_token_of_its_own_that_leaves_no_trace) {
    const symbol_tokenizer symbols{{"a", "b"}};
    EXPECT_THAT(symbols.end_ids(), ElementsAre(2));
    EXPECT_EQ(symbols.vocabulary_size(), 3);
    EXPECT_EQ(symbols.decode(std::vector<token_id>{0, 1, 2}), "ab");
}

TEST(symbol_tokenizer, refuses_text_and_ids_that_it_does_not_know_and_lists_that_make_no_sense) {
    const symbol_tokenizer symbols{{"a", "bb"}};
    EXPECT_THROW(symbols.encode("ab"), aha::error);
    EXPECT_THROW(symbols.encode("x"), aha::error);
    EXPECT_THROW(symbols.decode(std::vector<token_id>{3}), aha::error);
    EXPECT_THROW(symbols.decode(std::vector<token_id>{-1}), aha::error);
    EXPECT_THROW(symbol_tokenizer{{}}, aha::error);
    EXPECT_THROW((symbol_tokenizer{{"a", ""}}), aha::error);
    EXPECT_THROW((symbol_tokenizer{{"a", "b", "a"}}), aha::error);
}

}  // namespace
