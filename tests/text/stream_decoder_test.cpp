#include <aha/text/stream_decoder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include <aha/text/byte_tokenizer.hpp>
#include <aha/text/tokenizer_json.hpp>

#include "tests/text/tokenizer_support.hpp"

namespace {

using namespace aha;
using nlohmann::json;
using testing::ElementsAre;

template <class Tokenizer>
std::vector<std::string> pieces(const Tokenizer& t, const std::vector<token_id>& ids) {
    stream_decoder out{t};
    std::vector<std::string> found;
    for (const token_id id : ids) found.push_back(out.push(id));
    found.push_back(out.finish());
    return found;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const auto& part : parts) text += part;
    return text;
}

TEST(stream_decoder, gives_whole_characters_at_once) {
    const byte_tokenizer t;
    EXPECT_THAT(pieces(t, t.encode("a\u00e9\U0001F600b")),
                ElementsAre("a", "", "\u00e9", "", "", "", "\U0001F600", "b", ""));
    EXPECT_THAT(pieces(t, t.encode("a\xE4\xB8")), ElementsAre("a", "", "", "\ufffd"));
    EXPECT_THAT(pieces(t, t.encode("\xE4(\xFF")), ElementsAre("", "\ufffd(", "", "\ufffd"));
    EXPECT_THAT(pieces(t, {97, byte_tokenizer::end_id, 98}), ElementsAre("a", "", "b", ""));
    stream_decoder again{t};
    EXPECT_EQ(again.push(0xE4), "");
    EXPECT_EQ(again.finish(), "\ufffd");
    EXPECT_EQ(again.push('a'), "a");  // as new
}

// Random bytes, with long runs that are no text: the pieces are the text, and each is whole characters.
TEST(stream_decoder, gives_the_same_text_as_decoding_at_once) {
    std::mt19937_64 random{3};
    const auto check = [&](const auto& t, auto next) {
        for (int i = 0; i < 300; ++i) {
            std::vector<token_id> ids;
            for (auto n = random() % 80; n > 0; --n) ids.push_back(next());
            const auto parts = pieces(t, ids);
            EXPECT_EQ(joined(parts), t.decode(ids));
            for (const auto& part : parts) EXPECT_TRUE(utf8::is_valid(part));
        }
    };
    const byte_tokenizer bytes;
    check(bytes, [&] { return static_cast<token_id>(random() % 257); });
    check(bytes,
          [&] { return static_cast<token_id>(random() % 2 == 0 ? 0x80 + random() % 0x40 : 0xE0 + random() % 8); });
    const auto bpe = make_tokenizer(tokenizer_support::read("qwen.json"));
    check(bpe, [&] { return static_cast<token_id>(random() % static_cast<std::uint64_t>(bpe.vocabulary_size())); });
    const auto words = make_tokenizer(
        json{{"model", {{"type", "WordLevel"}, {"unk_token", "?"}, {"vocab", {{"?", 0}, {"one", 1}, {"\ufffd", 2}}}}},
             {"added_tokens", {{{"id", 3}, {"content", "</s>"}, {"special", true}}}}});
    check(words, [&] { return static_cast<token_id>(random() % 4); });
    EXPECT_THAT(pieces(words, {1, 3, 1, 2}), ElementsAre("one", "", " one", " \ufffd", ""));
}

/// Counts how many tokens are decoded.
struct counting : byte_tokenizer {
    mutable std::size_t decoded = 0;
    std::string decode(std::span<const token_id> ids) const {
        decoded += ids.size();
        return byte_tokenizer::decode(ids);
    }
};

TEST(stream_decoder, does_not_decode_everything_again) {
    const counting t;
    EXPECT_EQ(joined(pieces(t, std::vector<token_id>(2000, 'a'))), std::string(2000, 'a'));
    EXPECT_LT(t.decoded, 2000U * 5);
    t.decoded = 0;
    pieces(t, std::vector<token_id>(2000, 0xFF));
    EXPECT_LT(t.decoded, 2000U * 40);
}

}  // namespace
