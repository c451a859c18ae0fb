#include <aha/text/unigram_model.hpp>

#include <cmath>
#include <gtest/gtest.h>

#include <aha/core/error.hpp>

#include "tests/support/complaint.hpp"

namespace {

using aha::test::complaint;
using namespace aha;
using nlohmann::json;

struct emitted {
    token_id id;
    std::size_t begin, end;
    bool operator==(const emitted&) const = default;
};
std::ostream& operator<<(std::ostream& out, const emitted& e) { return out << e.id << ' ' << e.begin << ' ' << e.end; }

const json pieces = json::parse(R"([["<unk>", 0], ["a", -1.0], ["b", -2], ["ab", -2.5], ["xx", -3], ["", -1]])");

unigram_model model(json vocabulary = pieces, json unknown = 0, bool bytes = false) {
    const json value{{"vocab", std::move(vocabulary)}, {"unk_id", std::move(unknown)}, {"byte_fallback", bytes}};
    return unigram_model{{value, "model"}};
}

std::vector<emitted> encode(const unigram_model& m, std::string_view word) {
    std::vector<emitted> found;
    m.encode_word(word, [&](token_id id, std::size_t begin, std::size_t end) { found.push_back({id, begin, end}); });
    return found;
}

// The right values are those of tokenizers 0.23.3.
TEST(unigram_model, takes_the_best_way_to_cut) {
    const auto m = model();
    EXPECT_EQ(encode(m, "ab"), (std::vector<emitted>{{3, 0, 2}}));
    EXPECT_EQ(encode(m, "aab"), (std::vector<emitted>{{1, 0, 1}, {3, 1, 3}}));
    EXPECT_EQ(encode(m, ""), std::vector<emitted>{});
    // Of equal sums the first that is tried stays.
    EXPECT_EQ(encode(m, "axxxb"), (std::vector<emitted>{{1, 0, 1}, {0, 1, 2}, {4, 2, 4}, {2, 4, 5}}));
    // Huge log-probs overflow to infinity, and that is all.
    const auto huge = model(json::parse(R"([["<unk>", 0], ["a", 1e308], ["b", -1e308]])"));
    EXPECT_EQ(encode(huge, "aaabbb").size(), 6U);
}

TEST(unigram_model, gives_the_unknown_token_once_for_a_stretch) {
    const auto m = model();
    EXPECT_EQ(encode(m, "ab<unk>zz"), (std::vector<emitted>{{3, 0, 2}, {0, 2, 9}}));
    EXPECT_EQ(encode(m, "\u00e9a"), (std::vector<emitted>{{0, 0, 2}, {1, 2, 3}}));
    const auto none = model(pieces, nullptr);
    EXPECT_EQ(encode(none, "ab"), (std::vector<emitted>{{3, 0, 2}}));
    EXPECT_EQ(complaint([&] { encode(none, "xa"); }),
              "the text has a character that is no token, and the model has no unk_id");
}

TEST(unigram_model, spells_a_stretch_in_bytes_if_all_have_tokens) {
    json vocabulary = pieces;
    for (int byte = 0; byte < 256; ++byte)
        if (byte != 'z') vocabulary.push_back({detail::tokenizing::byte_token(static_cast<unsigned char>(byte)), 0.0});
    const auto m = model(vocabulary, 0, true);
    EXPECT_EQ(encode(m, "\u00e9a"), (std::vector<emitted>{{200, 0, 1}, {174, 1, 2}, {1, 2, 3}}));
    EXPECT_EQ(encode(m, "\u00e9za"), (std::vector<emitted>{{0, 0, 3}, {1, 3, 4}}));
    EXPECT_EQ(encode(m, "<0x41>"), (std::vector<emitted>{{71, 0, 6}}));
}

TEST(unigram_model, takes_the_last_of_a_piece_that_is_listed_twice) {
    const auto m = model(json::parse(R"([["<unk>", 0], ["a", -1], ["a", -5], ["b", -1], ["ab", -4]])"));
    EXPECT_EQ(encode(m, "ab"), (std::vector<emitted>{{4, 0, 2}}));
    EXPECT_EQ(encode(m, "a"), (std::vector<emitted>{{2, 0, 1}}));
    std::size_t count = 0;
    m.for_each_token([&](token_id, const std::string&) { ++count; });
    EXPECT_EQ(count, 5U);
}

// The time must not grow with the square of the length, whatever the pieces.
TEST(unigram_model, encodes_a_long_word_fast_enough) {
    json vocabulary = pieces;
    vocabulary.push_back({std::string(1 << 18, 'a'), -1e6});
    EXPECT_EQ(encode(model(vocabulary), std::string(1 << 19, 'a')).size(), std::size_t{1} << 19);
}

TEST(unigram_model, says_what_is_wrong) {
    const auto wrong = [](json vocabulary, json unknown = 0) {
        return complaint([&] { model(std::move(vocabulary), std::move(unknown)); });
    };
    EXPECT_EQ(wrong(json::array()), "model.vocab is empty");
    EXPECT_EQ(wrong(pieces, 6), "model.unk_id is 6, beyond the vocabulary of 6");
    EXPECT_EQ(wrong(pieces, -1), "model.unk_id is -1, not an id from 0 to 9999999");
    EXPECT_EQ(wrong(json::parse(R"([["a"]])")), "model.vocab[0] has 1 parts, not a piece and its score");
    EXPECT_EQ(wrong(json::parse(R"([["a", null]])")), "model.vocab[0][1] is not a finite number");
    EXPECT_EQ(wrong(json::array({json::array({"a", std::nan("")})})), "model.vocab[0][1] is not a finite number");
    EXPECT_EQ(wrong(json::parse(R"([[1, 1]])")), "model.vocab[0][0] is not a string");
    EXPECT_EQ(wrong(json::parse(R"({"a": 1})")), "model.vocab is not a list");
}

}  // namespace
