#include <aha/pretrained/gguf_text.hpp>
#include <aha/pretrained/tokenizer_from_gguf.hpp>
#include <aha/text/tokenizer_json.hpp>

#include <algorithm>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "gguf_builder.hpp"
#include "files_support.hpp"

namespace {

using namespace files_support;
using aha::token_id;
using nlohmann::json;
using testing::HasSubstr;
using ids = std::vector<token_id>;

std::filesystem::path made(const std::string& name) {
    return std::filesystem::path{AHA_TEST_DATA} / "model" / "data" / "gguf" / name;
}

/// What the references say: tests/golden/make_gguf_tokenizer_golden.py (llama-cpp-python 0.3.36, transformers 5.23).
const json& expected() {
    static const json value = json::parse(text_of(made("tokenizers.json")));
    return value;
}

aha::gguf_text gguf_text_of(const std::string& name) { return aha::read_gguf_text(aha::gguf_file{made(name)}); }

aha::bpe_tokenizer tokenizer_of(const aha::gguf_text& text) {
    return aha::make_tokenizer(aha::tokenizer_json(text), {.end_ids = text.end_ids, .bos = text.bos});
}

ids sorted(ids list) {
    std::ranges::sort(list);
    return list;
}

token_id or_none(const std::optional<token_id>& id) { return id.value_or(-1); }

void expect_facts(const aha::gguf_text& text, const json& facts, const std::string& what) {
    EXPECT_EQ(or_none(text.bos), facts.at("bos")) << what;
    EXPECT_EQ(or_none(text.eos), facts.at("eos")) << what;
    EXPECT_EQ(text.add_bos, facts.at("add_bos")) << what;
    EXPECT_EQ(text.add_eos, facts.at("add_eos")) << what;
    EXPECT_EQ(sorted(text.end_ids), facts.at("end_ids").get<ids>()) << what;
}

TEST(tokenizer_from_gguf, cuts_texts_as_every_pre_tokenizer_does) {
    aha::gguf_text text = gguf_text_of("byte_level.gguf");
    EXPECT_EQ(expected().at("splits").size(), aha::detail::named_splits.size() + 1);  // and a file without a name
    for (const auto& [pre, split] : expected().at("splits").items()) {
        text.pre = pre;
        const aha::bpe_tokenizer tokenizer = tokenizer_of(text);
        const json& all = expected().at("ids").at(split.at("ids").get<std::size_t>());
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto said = expected().at("texts").at(i).get<std::string>();
            EXPECT_EQ(tokenizer.encode(said), all[i].get<ids>()) << pre << ": " << said;
            if (pre != "qwen2" && pre != "qwen35") {  // which compose
                EXPECT_EQ(tokenizer.decode(tokenizer.encode(said)), said) << pre;
            }
        }
        const auto* const named = aha::detail::find_named_split(pre);
        ASSERT_NE(named, nullptr) << pre;
        EXPECT_EQ(named->adds_first, split.at("add_bos")) << pre;
    }
}

TEST(tokenizer_from_gguf, gives_the_ids_of_sentence_pieces) {
    for (const json& file : expected().at("pieces")) {
        const auto name = file.at("file").get<std::string>();
        const aha::gguf_text text = gguf_text_of(name);
        expect_facts(text, file, name);
        const aha::bpe_tokenizer tokenizer = tokenizer_of(text);
        for (std::size_t i = 0; i < file.at("texts").size(); ++i) {
            const auto said = file.at("texts").at(i).get<std::string>();
            const ids encoded = tokenizer.encode_with_special(said);
            EXPECT_EQ(encoded, file.at("ids").at(i).get<ids>()) << name << ": " << said;
            if (text.model == "llama" && said.find('<') == std::string::npos) {
                EXPECT_EQ(tokenizer.decode(encoded), said) << name;
            }
        }
    }
}

TEST(tokenizer_from_gguf, knows_what_ends_and_begins_a_text) {
    const made_folder folder;
    for (const json& facts : expected().at("facts")) {
        gguf_builder b;
        const std::string prefix = "tokenizer.ggml.";
        const auto list = [](std::uint32_t type, std::size_t size) { return raw(type) + raw<std::uint64_t>(size); };
        std::string tokens = list(8, facts.at("tokens").size()), types = list(5, facts.at("types").size());
        for (const json& token : facts.at("tokens")) tokens += text(token.get<std::string>());
        for (const json& type : facts.at("types")) types += raw(type.get<std::int32_t>());
        b.value(prefix + "model", 8, text("gpt2")).value(prefix + "tokens", 9, tokens);
        b.value(prefix + "token_type", 9, types).value(prefix + "merges", 9, list(8, 1) + text("a b"));
        if (facts.at("pre") != "") b.value(prefix + "pre", 8, text(facts.at("pre").get<std::string>()));
        for (const auto& [key, value] : facts.at("keys").items())
            if (value.is_boolean()) b.value(prefix + key, 7, std::string(1, value.get<bool>() ? '\1' : '\0'));
            else b.value(prefix + key, 4, raw(value.get<std::uint32_t>()));
        const aha::gguf_text read = aha::read_gguf_text(aha::gguf_file{write(folder / "a", b.file())});
        expect_facts(read, facts, facts.dump());
        const aha::bpe_tokenizer tokenizer = tokenizer_of(read);
        for (const token_id end : read.end_ids)  // each is found in a text, and left out of a decoded one
            EXPECT_EQ(tokenizer.encode("b" + read.tokens[static_cast<std::size_t>(end)]).back(), end) << facts.dump();
    }
}

TEST(tokenizer_from_gguf, puts_tokens_around_a_text_as_the_file_says) {
    aha::gguf_text t{.model = "gpt2", .pre = "gpt-2", .tokens = {"a", "<s>", "</s>", ""}, .merges = {"a a"}};
    t.tokens.emplace_back("aa");
    t.bos = 1, t.eos = 2;
    EXPECT_EQ(tokenizer_of(t).encode_with_special("aaa"), (ids{4, 0}));
    t.add_bos = true;
    EXPECT_EQ(tokenizer_of(t).encode_with_special("aaa"), (ids{1, 4, 0}));
    t.add_eos = true;
    EXPECT_EQ(tokenizer_of(t).encode_with_special("aaa"), (ids{1, 4, 0, 2}));
    t.bos.reset();
    EXPECT_EQ(tokenizer_of(t).encode_with_special("aaa"), (ids{4, 0, 2}));
    EXPECT_EQ(tokenizer_of(t).id_of("[EMPTY_3]"), 3);
}

TEST(tokenizer_from_gguf, ranks_merges_by_score) {
    aha::gguf_text t{.model = "llama", .tokens = {"<unk>", "a", "b", "ab", "ba", "aba"}};
    t.scores = {0, 0, 0, -2, -1, -3};
    t.unk = 0;
    EXPECT_EQ(tokenizer_of(t).encode("aba"), (ids{5}));
    EXPECT_EQ(tokenizer_of(t).encode("abab"), (ids{5, 2}));  // a, ba, b, then aba
    EXPECT_EQ(tokenizer_of(t).encode("ac"), (ids{1, 0}));
}

TEST(tokenizer_from_gguf, says_what_it_cannot_read) {
    const auto error = [](auto change) {
        aha::gguf_text t{.model = "gpt2", .pre = "gpt-2", .tokens = {"a", "b", "ab"}, .merges = {"a b"}};
        change(t);
        return complaint([&] { tokenizer_of(t); });
    };
    using text = aha::gguf_text;
    EXPECT_EQ(error([](text&) {}), "no complaint");
    EXPECT_THAT(error([](text& t) { t.pre = "gemma4"; }), HasSubstr("\"gemma4\" is not supported"));
    EXPECT_THAT(error([](text& t) { t.pre = std::string(5000, 'x'); }), HasSubstr("is not supported"));
    EXPECT_THAT(error([](text& t) { t.model = "bert"; }), HasSubstr("kind \"bert\" is not supported (only gpt2"));
    EXPECT_THAT(error([](text& t) { t.merges = {"ab"}; }), HasSubstr("less than two parts"));
    EXPECT_THAT(error([](text& t) { t.tokens[1] = "a"; }), HasSubstr("\"a\" twice"));
    EXPECT_THAT(error([](text& t) { t.tokens[1] = "\xff"; }), HasSubstr("UTF-8"));
    EXPECT_THAT(error([](text& t) { t.model = "llama"; }), HasSubstr("needs scores"));
    EXPECT_THAT(error([](text& t) { t.model = "t5"; }), HasSubstr("needs scores"));
    EXPECT_THAT(error([](text& t) {
                    t.model = "llama";
                    t.scores = {0, 0, 0};
                    t.tokens[2] = std::string(1025, 'a');
                }),
                HasSubstr("a token of 1025 bytes"));
}

}  // namespace
