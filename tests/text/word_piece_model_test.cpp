#include <aha/text/word_piece_model.hpp>

#include <gtest/gtest.h>

#include <aha/core/error.hpp>

#include "tests/support/complaint.hpp"

namespace {

using aha::test::complaint;
using namespace aha;
using nlohmann::json;
using ids_t = std::vector<token_id>;

json settings() {
    return {
        {"vocab", {{"[UNK]", 0}, {"a", 1}, {"##b", 2}, {"ab", 3}, {"##", 4}, {"", 5}, {"\u00e9", 6}, {"##\u00e9", 7}}},
        {"unk_token", "[UNK]"},
        {"continuing_subword_prefix", "##"},
        {"max_input_chars_per_word", 100}};
}

ids_t encode(const json& value, std::string_view word) {
    ids_t ids;
    word_piece_model{{value, "model"}}.encode_word(word,
                                                   [&](token_id id, std::size_t, std::size_t) { ids.push_back(id); });
    return ids;
}

// The right values are those of tokenizers 0.23.3.
TEST(word_piece_model, takes_the_longest_pieces) {
    EXPECT_EQ(encode(settings(), "ab"), ids_t{3});
    EXPECT_EQ(encode(settings(), "abb"), (ids_t{3, 2}));
    EXPECT_EQ(encode(settings(), "\u00e9\u00e9"), (ids_t{6, 7}));
    EXPECT_EQ(encode(settings(), "##b"), ids_t{2});
    for (const char* word : {"abz", "aa", "b", "a##"}) EXPECT_EQ(encode(settings(), word), ids_t{0}) << word;
}

TEST(word_piece_model, knows_no_long_words) {
    json value = settings();
    value["max_input_chars_per_word"] = 3;
    EXPECT_EQ(encode(value, "\u00e9\u00e9\u00e9"), (ids_t{6, 7, 7}));
    EXPECT_EQ(encode(value, "abbb"), ids_t{0});
}

TEST(word_piece_model, may_have_no_prefix) {
    json value = settings();
    value["continuing_subword_prefix"] = "";
    EXPECT_EQ(encode(value, "aab"), (ids_t{1, 3}));
    value["continuing_subword_prefix"] = "@@";
    EXPECT_EQ(encode(value, "aab"), ids_t{0});
}

TEST(word_piece_model, says_what_is_wrong) {
    const auto wrong = [](const char* key, const json& value) {
        json changed = settings();
        changed[key] = value;
        return complaint([&] { encode(changed, "b"); });
    };
    EXPECT_EQ(wrong("unk_token", "?"),
              "the text has a word that is no tokens, and the unknown token \"?\" is not in the vocabulary");
    EXPECT_EQ(wrong("max_input_chars_per_word", -1), "model.max_input_chars_per_word is not a whole number from 0");
    EXPECT_EQ(wrong("continuing_subword_prefix", nullptr), "model.continuing_subword_prefix is missing");
}

}  // namespace
