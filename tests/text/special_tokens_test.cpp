#include <aha/text/special_tokens.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/text/tokenizer_json.hpp>

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
using testing::IsEmpty;
using ids_t = std::vector<token_id>;

/// A folder of this test's own, gone at the end.
class token_settings_folder : public testing::Test {
protected:
    void clear() const {
        for (const std::string& name : path_.names()) std::filesystem::remove_all(path_ / name);
    }
    void write(const std::string& name, const std::string& text) const { path_.file(name, text); }
    bpe_tokenizer load(const json& files) const {
        clear();
        for (const auto& [name, value] : files.items()) write(name, value.dump());
        return load_tokenizer_json(path_ / "tokenizer.json");
    }
    std::string place(const std::string& name) const { return (path_ / name).string(); }

    aha::test::made_folder path_;
    json golden_ = read("settings.json")["cases"];
};

// Against AutoTokenizer of transformers 5.23 (tests/golden/make_token_settings_golden.py).
TEST_F(token_settings_folder, gives_the_tokens_of_transformers) {
    ASSERT_GE(golden_.size(), 40U);
    const auto id = [](const json& value) { return value.is_null() ? std::nullopt : std::optional<token_id>{value}; };
    for (const json& c : golden_) {
        const bpe_tokenizer t = load(c["files"]);
        json shown = c["files"];
        shown.erase("tokenizer.json");
        EXPECT_EQ(t.encode_with_special(c["text"].get<std::string>()), c["ids"].get<ids_t>()) << shown;
        EXPECT_EQ(c["decoded"], t.decode(c["ids"].get<ids_t>())) << shown;
        EXPECT_EQ(t.vocabulary_size(), c["size"]) << shown;
        EXPECT_EQ(t.bos(), id(c["bos"])) << shown;
        EXPECT_EQ(t.eos(), id(c["eos"])) << shown;
    }
}

TEST_F(token_settings_folder, tells_what_it_passes_over) {
    json files = golden_[1]["files"];
    EXPECT_THAT(load(files).notes(), IsEmpty());
    EXPECT_THAT(load(files).end_ids(), ElementsAre(12));
    files["config.json"] = {{"eos_token_id", {13, 2, -1}}, {"bos_token_id", 151643}, {"vocab_size", 13}};
    files["generation_config.json"] = {{"eos_token_id", 4294967295}};
    const bpe_tokenizer t = load(files);
    EXPECT_THAT(t.end_ids(), ElementsAre(2, 12));
    EXPECT_EQ(t.eos(), 12);
    EXPECT_EQ(t.bos(), 11);
    const std::string config = place("config.json"), none = ", which no token has: it is passed over";
    EXPECT_THAT(t.notes(),
                ElementsAre(place("generation_config.json") + ": eos_token_id is 4294967295" + none,
                            config + ": eos_token_id[0] is 13" + none, config + ": eos_token_id[2] is -1" + none,
                            config + ": bos_token_id is 151643" + none));
}

// A token that nobody knows is new only if the model has a row for it.
TEST_F(token_settings_folder, adds_no_token_without_a_row) {
    json files = golden_[1]["files"];
    files["tokenizer_config.json"]["eos_token"] = "<|nowhere|>";
    files["config.json"] = {{"eos_token_id", 12}, {"vocab_size", 14}};
    const std::string start =
        place("tokenizer_config.json") + ": eos_token is \"<|nowhere|>\", which is not in the vocabulary";
    EXPECT_EQ(load(files).eos(), 13);
    EXPECT_THAT(load(files).end_ids(), ElementsAre(12, 13));
    EXPECT_THAT(load(files).notes(), ElementsAre(start + ": it is the new token 13, as in transformers"));
    files["config.json"]["vocab_size"] = 13;
    EXPECT_EQ(load(files).eos(), 12);
    EXPECT_EQ(load(files).vocabulary_size(), 13);
    EXPECT_THAT(load(files).notes(),
                ElementsAre(start + ", and the model has no row for another token: it is passed over"));
}

TEST_F(token_settings_folder, tells_where_the_library_numbers_otherwise) {
    json files = golden_[1]["files"];
    files["tokenizer.json"]["added_tokens"].push_back({{"id", 20}, {"content", "<x>"}});
    EXPECT_EQ(load(files).encode("<x>"), ids_t{20});
    EXPECT_THAT(load(files).notes(), ElementsAre("the added token \"<x>\" has the id 20 here, as its file says; the "
                                                 "library tokenizers gives it 13"));
    files = golden_[25]["files"];
    files["tokenizer_config.json"]["added_tokens_decoder"] = {{"99", {{"content", "<x>"}}}};
    EXPECT_THAT(load(files).notes(),
                ElementsAre(place("tokenizer_config.json") +
                            ": added_tokens_decoder.99 says that the token \"<x>\" has the id 99; it has 13, as in "
                            "transformers"));
}

// Python writes them, and its json reads them.
TEST_F(token_settings_folder, reads_numbers_that_are_no_json) {
    load(golden_[1]["files"]);
    write("tokenizer_config.json", R"({"eos_token": "</s>", "x": NaN, "model_max_length": Infinity})");
    write("config.json", R"({"eos_token_id": NaN})");
    EXPECT_EQ(complaint([&] { load_tokenizer_json(path_ / "tokenizer.json"); }),
              place("config.json") + ": eos_token_id is not a whole number");
    write("config.json", R"({"y": [-Infinity]})");
    EXPECT_EQ(load_tokenizer_json(path_ / "tokenizer.json").eos(), 12);
}

TEST_F(token_settings_folder, names_what_is_wrong) {
    const auto wrong = [&](const char* key, const json& value) {
        json files = golden_[1]["files"];
        files["tokenizer_config.json"][key] = value;
        return complaint([&] { load(files); });
    };
    const std::string config = place("tokenizer_config.json");
    EXPECT_EQ(wrong("eos_token", 5), config + ": eos_token is not a string");
    EXPECT_EQ(wrong("eos_token", json::object()), config + ": eos_token.content is missing");
    EXPECT_EQ(wrong("extra_special_tokens", "<x>"), config + ": extra_special_tokens is not a list");
    EXPECT_EQ(wrong("added_tokens_decoder", json::array()), config + ": added_tokens_decoder is not an object");
    EXPECT_EQ(wrong("added_tokens_decoder", {{"x", "<x>"}}),
              config + ": added_tokens_decoder has the key \"x\", not an id");
    EXPECT_EQ(wrong("added_tokens_decoder", {{"999999999", "<x>"}}),
              config + ": added_tokens_decoder has the key \"999999999\", not an id");
}

}  // namespace
