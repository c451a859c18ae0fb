#include <aha/text/tokenizer_json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/text/stream_decoder.hpp>

#include "tests/support/complaint.hpp"
#include "tests/support/made_folder.hpp"
#include "tests/text/tokenizer_support.hpp"

namespace {

using aha::test::complaint;
using namespace aha;
using namespace tokenizer_support;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

json small() {
    return {{"added_tokens",
             {{{"id", 4}, {"content", "<s>"}, {"special", true}}, {{"id", 5}, {"content", "</s>"}, {"special", true}}}},
            {"normalizer", nullptr},
            {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
            {"decoder", {{"type", "ByteLevel"}}},
            {"post_processor",
             {{"type", "TemplateProcessing"},
              {"single", {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "A"}}}}}},
              {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {4}}}}}}}},
            {"model", {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}, {"c", 2}, {"ab", 3}}}, {"merges", {"a b"}}}}};
}

/// A folder of this test's own, gone at the end.
class folder : public testing::Test {
protected:
    folder() { write("tokenizer.json", small()); }

    std::string write(const std::string& name, const json& value) const { return write_text(name, value.dump()); }
    std::string write_text(const std::string& name, const std::string& text) const {
        return path_.file(name, text).string();
    }
    bpe_tokenizer load() const { return load_tokenizer_json(path_ / "tokenizer.json"); }

    aha::test::made_folder path_;
};
using tokenizer_folder = folder;

TEST_F(tokenizer_folder, needs_only_the_tokenizer) {
    const auto t = load();
    EXPECT_THAT(t.encode_with_special("abc</s>"), ElementsAre(4, 3, 2, 5));
    EXPECT_TRUE(t.end_ids().empty());
    EXPECT_EQ(t.bos(), std::nullopt);
}

TEST_F(tokenizer_folder, gathers_end_and_first_tokens) {
    write("generation_config.json", {{"eos_token_id", {5, 2}}, {"bos_token_id", 1}});
    write("config.json", {{"eos_token_id", 1}, {"bos_token_id", 4}});
    EXPECT_THAT(load().end_ids(), ElementsAre(5, 2, 1));
    EXPECT_EQ(load().bos(), 1);
    write("tokenizer_config.json", {{"eos_token", {{"content", "ab"}}}, {"bos_token", "<s>"}});
    EXPECT_THAT(load().end_ids(), ElementsAre(5, 2, 1, 3));
    EXPECT_EQ(load().bos(), 4);
    write("tokenizer_config.json", {{"eos_token", "</s>"}, {"bos_token", nullptr}});
    EXPECT_THAT(load().end_ids(), ElementsAre(5, 2, 1));
    EXPECT_EQ(load().bos(), std::nullopt);
}

TEST_F(tokenizer_folder, names_the_file_at_fault) {
    const auto wrong = [&] { return complaint([&] { load(); }); };
    std::string file = write("tokenizer_config.json", {{"eos_token", {"</s>"}}});
    EXPECT_EQ(wrong(), file + ": eos_token is not a string");
    write("tokenizer_config.json", json::object());
    file = write("config.json", {{"eos_token_id", "x"}});
    EXPECT_EQ(wrong(), file + ": eos_token_id is not a whole number");
    file = write_text("config.json", "[]");
    EXPECT_EQ(wrong(), file + ": the JSON is not an object");
    file = write_text("tokenizer.json", R"({"model": {"vocab": {"a": 0, "a": 1}, "merges": []}})");
    EXPECT_EQ(wrong(), file + ": the key \"a\" is given twice");
    write_text("tokenizer.json", "{\"model\": ");
    EXPECT_THAT(wrong(), HasSubstr(file + ": not valid JSON at byte"));
    write_text("tokenizer.json", std::string(100, '['));
    EXPECT_EQ(wrong(), file + ": JSON nested deeper than 64 levels");
    write_text("tokenizer.json", "{\"a\": \"\xFF\"}");
    EXPECT_THAT(wrong(), HasSubstr(file + ": not valid JSON"));
    json damaged = small();
    damaged["model"]["merges"][0] = "a x";
    write("tokenizer.json", damaged);
    EXPECT_EQ(wrong(), file + ": model.merges[0]: the token \"x\" is not in the vocabulary");
    std::filesystem::remove(file);
    EXPECT_THAT(wrong(), HasSubstr("tokenizer.json"));
}

TEST(tokenizer_json, says_what_is_wrong) {
    struct defect {
        const char* pointer;
        json value;
        const char* sentence;
    };
    const std::vector<defect> defects{
        {"/model", nullptr, "tokenizer.json: model is missing"},
        {"/model", 3, "tokenizer.json: model is not an object"},
        {"/model/type", "Trigram", "tokenizer.json: model: the model \"Trigram\" is not supported"},
        {"/model/dropout", 0.1, "tokenizer.json: model.dropout is not supported"},
        {"/model/continuing_subword_prefix", "##",
         "tokenizer.json: model.merges[0]: the token \"b\" is shorter than continuing_subword_prefix"},
        {"/model/vocab", json::object(), "tokenizer.json: model.vocab is empty"},
        {"/model/vocab/c", 1, "the id 1 is given twice"},
        {"/model/vocab/c", -1, "tokenizer.json: model.vocab[\"c\"] is -1, not an id from 0 to 9999999"},
        {"/model/vocab/c", 10'000'000, "is 10000000, not an id"},
        {"/model/vocab/c", 1.5, "tokenizer.json: model.vocab[\"c\"] is not a whole number"},
        {"/model/vocab/c", std::uint64_t{1} << 63, "is 9223372036854775808, not an id"},
        {"/model/merges/0", "ab", "tokenizer.json: model.merges[0] is \"ab\", not two tokens with a space between"},
        {"/model/merges/0", {"a", "b", "c"}, "tokenizer.json: model.merges[0] has 3 parts, not 2"},
        {"/model/merges/0", {"b", "a"}, "tokenizer.json: model.merges[0]: the token \"ba\" is not in the vocabulary"},
        {"/model/merges", {{"a", 1}}, "tokenizer.json: model.merges is not a list"},
        {"/added_tokens/0/id", 5, "tokenizer.json: the token \"</s>\" has the id 5, which another token has too"},
        {"/added_tokens/0/id", 2, "tokenizer.json: the token \"<s>\" has the id 2, which another token has too"},
        {"/added_tokens/0/content", "a",
         "tokenizer.json: the added token \"a\" has the id 4, but in the vocabulary it has 0"},
        {"/added_tokens/0/lstrip", "yes", "tokenizer.json: added_tokens[0].lstrip is neither true nor false"},
        {"/decoder/type", "Reverse", "tokenizer.json: decoder: the decoder \"Reverse\" is not supported"},
        {"/decoder/type", "WordPiece", "tokenizer.json: decoder.prefix is missing"},
        {"/post_processor/type", "Reverse", "the post-processor \"Reverse\" is not supported"},
        {"/post_processor/type", "BertProcessing", "tokenizer.json: post_processor.cls is missing"},
        {"/normalizer",
         {{"type", "Uppercase"}},
         "tokenizer.json: normalizer: the normalizer \"Uppercase\" is not known"},
        {"/post_processor/single/1/Sequence/id", "B",
         "post_processor.single[1].Sequence.id is \"B\", not the one text, \"A\""},
        {"/post_processor/special_tokens/<s>/ids/0", 9,
         "tokenizer.json: the post-processor's token 9 is not in the vocabulary of 6"},
        {"/post_processor/single/0/SpecialToken/id", "<x>", "post_processor.special_tokens.<x> is missing"},
    };
    EXPECT_EQ(complaint([] { make_tokenizer(small()); }), "no complaint");
    for (const defect& d : defects) {
        json file = small();
        file[json::json_pointer{d.pointer}] = d.value;
        EXPECT_THAT(complaint([&] { make_tokenizer(file); }), HasSubstr(d.sentence)) << d.pointer;
    }
    EXPECT_THAT(complaint([] { make_tokenizer(json::array()); }), HasSubstr("tokenizer.json is not an object"));
    EXPECT_THAT(complaint([] { make_tokenizer(small(), {.end_ids = {6}}); }),
                HasSubstr("the end token 6 is not in the vocabulary of 6"));
    json file = small();
    file["model"]["vocab"]["\xFF"] = 6;  // no JSON file can hold it, but a GGUF file can
    EXPECT_THAT(complaint([&] { make_tokenizer(file); }), HasSubstr("is not UTF-8"));
}

}  // namespace
