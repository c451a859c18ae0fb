#include <aha/text/tokenizer_model.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/core/error.hpp>
#include <aha/text/stream_decoder.hpp>
#include <aha/text/tokenizer_json.hpp>

#include "tests/support/complaint.hpp"
#include "tests/text/tokenizer_support.hpp"

namespace {

using namespace aha;
using namespace tokenizer_support;
using aha::test::complaint;
using nlohmann::json;
using testing::HasSubstr;
using ids_t = std::vector<token_id>;

const std::vector<std::string> model_kinds{"llama2", "llama", "gemma",         "nllb",     "t5",      "xlnet",
                                           "albert", "bert",  "unigram_bytes", "word_end", "prefixed"};

class model_golden : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(kinds, model_golden, testing::ValuesIn(model_kinds), [](const auto& k) { return k.param; });

std::string streamed(const bpe_tokenizer& t, const ids_t& ids) {
    stream_decoder out{t};
    std::string text;
    for (const token_id id : ids) {
        const std::string piece = out.push(id);
        EXPECT_TRUE(utf8::is_valid(piece));
        text += piece;
    }
    return text + out.finish();
}

// Ids and texts against the library tokenizers 0.23.3, for tokenizers that sentencepiece 0.2.3 and tokenizers trained
// and transformers 5.23 converted (tests/golden/make_tokenizer_models_golden.py).
TEST_P(model_golden, encodes_and_decodes_as_the_reference_does) {
    const json file = read("models/" + GetParam() + ".json");
    const bpe_tokenizer t = make_tokenizer(file);
    ASSERT_GE(file["golden"]["cases"].size(), 50U);
    for (const json& c : file["golden"]["cases"]) {
        const std::string text = c["text"];
        const ids_t ids = c["ids"];
        EXPECT_EQ(t.encode(text), ids) << text;
        EXPECT_EQ(t.encode_with_special(text), c.value("full", ids)) << text;
        EXPECT_EQ(c["kept"], t.decode(ids, false)) << text;
        EXPECT_EQ(c.value("cut", c["kept"]), t.decode(ids)) << text;
        EXPECT_EQ(c.value("cut", c["kept"]), streamed(t, ids)) << text;
    }
    for (const json& c : file["golden"]["decoding"]) {
        EXPECT_EQ(c["kept"], t.decode(c["ids"].get<ids_t>(), false)) << c["ids"];
        EXPECT_EQ(c["cut"], t.decode(c["ids"].get<ids_t>())) << c["ids"];
        EXPECT_EQ(c["cut"], streamed(t, c["ids"])) << c["ids"];
    }
}

// What each token covers of its word: in order, from the beginning to the end.
TEST_P(model_golden, says_which_bytes_each_token_covers) {
    const json file = read("models/" + GetParam() + ".json");
    const tokenizer_model model = detail::tokenizing::read_model({file["model"], "model"});
    for (const std::string word :
         {"The", "\u2581quick", "na\u00efve", "\u4e2dx", "\U0001F600\U0001F600a", "aZ\u00dfa", "lazy"}) {
        std::size_t end = 0;
        std::visit(
            [&](const auto& m) {
                m.encode_word(word, [&](token_id, std::size_t begin, std::size_t next) {
                    EXPECT_EQ(begin, end) << word;
                    EXPECT_LT(begin, next) << word;
                    end = next;
                });
            },
            model);
        EXPECT_EQ(end, word.size()) << word;
    }
}

TEST(tokenizer_model, is_told_by_its_parts_in_older_files) {
    const auto index = [](const json& model) { return detail::tokenizing::read_model({model, "model"}).index(); };
    EXPECT_EQ(index({{"vocab", {{"a", 0}}}, {"merges", json::array()}}), 0U);
    EXPECT_EQ(index({{"vocab", {{"a", 0}}}, {"unk_token", "a"}}), 1U);
    EXPECT_EQ(index({{"vocab", {{"a", 0}}},
                     {"unk_token", "a"},
                     {"continuing_subword_prefix", "##"},
                     {"max_input_chars_per_word", 9}}),
              2U);
    EXPECT_EQ(index({{"vocab", json::array({json::array({"a", -1.0})})}}), 3U);
    EXPECT_EQ(complaint([&] {
                  index({{"type", "Trigram"}});
              }),
              "model: the model \"Trigram\" is not supported (only BPE, Unigram, WordPiece and WordLevel)");
}

}  // namespace
