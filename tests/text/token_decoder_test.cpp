#include <aha/text/token_decoder.hpp>

#include <gtest/gtest.h>

#include <aha/core/error.hpp>

#include "tests/support/complaint.hpp"
#include "tests/text/tokenizer_support.hpp"

namespace {

using aha::test::complaint;
using namespace aha;
using nlohmann::json;

token_decoder decoder(const json& value) { return token_decoder{{value, "decoder"}}; }

std::string decode(const token_decoder& d, const std::vector<std::string>& tokens) {
    token_decoder::stream stream{d};
    std::string text;
    for (const std::string& token : tokens) {
        stream.push(d.spelling(token));
        const std::string piece = stream.take();
        EXPECT_TRUE(utf8::is_valid(piece));
        text += piece;
    }
    stream.finish();
    return text + stream.take();
}

// Against tokenizers 0.23.3 (tests/golden/make_tokenizer_models_golden.py), token by token.
TEST(token_decoder, decodes_as_the_reference_does) {
    const json golden = tokenizer_support::read("models/decoders.json")["decoders"];
    ASSERT_GE(golden.size(), 30U);
    for (const json& one : golden) {
        const token_decoder d = decoder(one["decoder"]);
        for (const json& c : one["cases"]) EXPECT_EQ(c[1], decode(d, c[0])) << one["decoder"] << c[0];
    }
}

TEST(token_decoder, gives_text_as_soon_as_it_is_certain) {
    const token_decoder d =
        decoder(json::parse(R"({"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "\u2581"},
                        "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                        {"type": "Strip", "content": " ", "start": 1, "stop": 0}]})"));
    token_decoder::stream stream{d};
    const auto push = [&](const char* token) {
        stream.push(token);
        return stream.take();
    };
    EXPECT_EQ(push("\u2581a"), "a");
    EXPECT_EQ(push("\u2581b"), " b");
    EXPECT_EQ(push("<0xC3>"), "");
    EXPECT_EQ(push("<0xA9>"), "");  // a byte that does not fit may follow, and all would be U+FFFD
    EXPECT_EQ(push("c"), "\u00e9c");
    EXPECT_EQ(push("<0xC3>"), "");
    EXPECT_EQ(push("\u2581\u2581"), "\ufffd  ");
    stream.finish();
    EXPECT_EQ(stream.take(), "");
    EXPECT_EQ(push("\u2581a"), "a");  // as new
}

TEST(token_decoder, says_what_a_token_adds) {
    const token_decoder bytes = decoder({{"type", "ByteFallback"}});
    EXPECT_EQ(bytes.bytes_of("<0xC3>"), "\xC3");
    EXPECT_EQ(bytes.bytes_of("ab"), "ab");
    EXPECT_EQ(decoder({{"type", "ByteLevel"}}).bytes_of(decoder({{"type", "ByteLevel"}}).spelling("\u0120a\u00c3")),
              " a\xC3");
    EXPECT_EQ(decoder({{"type", "Metaspace"}, {"replacement", "\u2581"}}).bytes_of("\u2581a"), " a");
    const token_decoder pieces = decoder({{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}});
    EXPECT_EQ(pieces.bytes_of("##b"), "b");
    EXPECT_EQ(pieces.bytes_of("b"), " b");
    EXPECT_EQ(token_decoder{}.bytes_of("a"), " a");
}

TEST(token_decoder, says_what_is_wrong) {
    const auto wrong = [](const char* text) { return complaint([&] { decoder(json::parse(text)); }); };
    EXPECT_EQ(wrong(R"({"type": "Reverse"})"),
              "decoder: the decoder \"Reverse\" is not supported (only ByteLevel, ByteFallback, Fuse, Strip, Replace, "
              "Metaspace, WordPiece, BPEDecoder, CTC and Sequence)");
    EXPECT_EQ(wrong(R"({"type": "Strip", "content": "ab", "start": 1, "stop": 0})"),
              "decoder.content is \"ab\", not one character");
    EXPECT_EQ(wrong(R"({"type": "Strip", "content": " ", "start": -1, "stop": 0})"),
              "decoder.start is not a whole number from 0");
    EXPECT_EQ(wrong(R"({"type": "Metaspace", "replacement": "_", "prepend_scheme": "x"})"),
              "decoder.prepend_scheme is \"x\", not always, first or never");
    EXPECT_EQ(wrong(R"({"type": "Metaspace", "replacement": "_", "add_prefix_space": false})"),
              "decoder says both that a text begins with a blank and that it does not");
    EXPECT_EQ(wrong(R"({"type": "BPEDecoder"})"), "decoder.suffix is missing");
    EXPECT_EQ(wrong(R"({"type": "Sequence", "decoders": [{"type": "CTC"}]})"),
              "decoder.decoders[0].pad_token is missing");
}

// Steps that lengthen a token again and again end in a sentence before they take all memory.
TEST(token_decoder, bounds_what_it_makes_of_a_token) {
    const auto steps = [](const std::string& letter) {
        json list = json::array();
        for (int i = 0; i < 64; ++i)
            list.push_back(
                {{"type", "Replace"}, {"pattern", {{"String", letter}}}, {"content", std::string(1000, letter[0])}});
        return decoder({{"type", "Sequence"}, {"decoders", list}});
    };
    const token_decoder d = steps("z");
    EXPECT_EQ(complaint([&] { decode(d, {"z"}); }), "the decoder makes more than 16777216 bytes of one token");
    EXPECT_EQ(complaint([&] { steps("a"); }), "decoder: the decoder makes more than 16777216 bytes of one token");
}

}  // namespace
