#include <aha/data/jsonl_prompts.hpp>

#include <cstdint>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <aha/concepts/prompt_source.hpp>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>
#include <tests/support/packed.hpp>

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

static_assert(aha::require_prompt_source<aha::jsonl_prompts>());

class jsonl_prompts_test : public testing::Test {
protected:
    std::filesystem::path file(std::string_view content, const std::string& name = "rows.jsonl") const {
        return folder_.file(name, content);
    }
    std::filesystem::path letters(int count = 5) const {
        std::string content;
        for (int i = 0; i < count; ++i)
            content +=
                "{\"prompt\":\"" + std::string(1, static_cast<char>('a' + i)) + "\",\"n\":" + std::to_string(i) + "}\n";
        return file(content);
    }
    static std::string texts(aha::jsonl_prompts& source, int count) {
        std::string all;
        for (int i = 0; i < count; ++i) all += source.next().value().text;
        return all;
    }
    aha::test::made_folder folder_;
};

TEST_F(jsonl_prompts_test, gives_rows_with_their_fields_in_file_order) {
    aha::jsonl_prompts source{letters(2), {.shuffle = false, .epochs = 2}};
    std::vector<std::int64_t> indices;
    std::string all;
    while (const auto p = source.next()) {
        indices.push_back(p->index);
        all += p->text;
        EXPECT_EQ((*p)["n"], p->index % 2);
    }
    EXPECT_EQ(all, "abab");
    EXPECT_THAT(indices, ElementsAre(0, 1, 2, 3));
    EXPECT_FALSE(source.next());
}

TEST_F(jsonl_prompts_test, shuffles_each_epoch_anew_by_the_seed) {
    aha::jsonl_prompts source{letters(20)}, again{letters(20)}, other{letters(20), {.seed = 1}};
    std::vector<std::string> epochs;
    std::set<std::int64_t> indices;
    for (int epoch = 0; epoch < 3; ++epoch) {
        std::set<std::string> seen;
        std::string order;
        for (int i = 0; i < 20; ++i) {
            const aha::prompt p = source.next().value();
            EXPECT_EQ(p.index / 20, epoch);
            EXPECT_EQ(p.index % 20, p["n"]);
            indices.insert(p.index);
            seen.insert(p.text);
            order += p.text;
        }
        EXPECT_EQ(seen.size(), 20U);
        epochs.push_back(order);
    }
    EXPECT_EQ(indices.size(), 60U);
    EXPECT_NE(epochs[0], epochs[1]);
    EXPECT_NE(epochs[1], epochs[2]);
    EXPECT_EQ(texts(again, 60), epochs[0] + epochs[1] + epochs[2]);
    EXPECT_NE(texts(other, 20), epochs[0]);
}

TEST_F(jsonl_prompts_test, order_is_uniform) {
    // Each of the 6 orders of 3 rows, over 6000 epochs: 1000 expected, standard deviation 29.
    aha::jsonl_prompts source{letters(3)};
    std::map<std::string, int> counts;
    for (int i = 0; i < 6000; ++i) ++counts[texts(source, 3)];
    ASSERT_EQ(counts.size(), 6U);
    for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 130) << order;
}

TEST_F(jsonl_prompts_test, goes_on_from_any_saved_place) {
    const auto path = letters();
    for (int taken = 0; taken <= 10; ++taken) {
        aha::jsonl_prompts source{path, {.seed = 3, .epochs = 2}}, resumed{path, {.seed = 3, .epochs = 2}};
        texts(source, taken);
        resumed.load(source.save());
        EXPECT_EQ(texts(source, 10 - taken), texts(resumed, 10 - taken));
        EXPECT_FALSE(source.next() || resumed.next());
    }
}

TEST_F(jsonl_prompts_test, refuses_a_place_that_is_not_its_own) {
    const aha::state saved = aha::jsonl_prompts{letters()}.save();
    const auto load = [&](const std::filesystem::path& path, aha::jsonl_prompts_options options, const aha::state& s) {
        aha::jsonl_prompts source{path, options};
        return aha::test::complaint([&] { source.load(s); });
    };
    EXPECT_EQ(load(letters(), {}, saved), "no complaint");
    EXPECT_THAT(load(letters(4), {}, saved), HasSubstr("is in a data set of 5 rows, but"));
    std::string changed;
    for (const char letter : {'a', 'b', 'c', 'd', 'z'}) changed += std::string{"{\"prompt\":\""} + letter + "\"}\n";
    EXPECT_THAT(load(file(changed), {}, saved), HasSubstr("as many rows, but not the same"));
    EXPECT_THAT(load(letters(), {.seed = 1}, saved), HasSubstr("order of seed 0, not 1"));
    EXPECT_THAT(load(letters(), {.shuffle = false}, saved), HasSubstr("a shuffled order, not in file order"));
    EXPECT_THAT(load(letters(), {}, aha::state{}), HasSubstr("no whole number \"size\""));
    aha::state beyond = saved;
    beyond.values["position"] = 6;
    EXPECT_THAT(load(letters(), {}, beyond), HasSubstr("row 6 of epoch 0, cannot be"));
}

TEST_F(jsonl_prompts_test, renders_rows) {
    const auto path = file("{\"q\":[{\"role\":\"user\",\"content\":\"hi\"}]}\n\n{\"q\":[]}\n");
    aha::jsonl_prompts source{path, {.shuffle = false, .render = [](const nlohmann::json& row) {
                                         aha::require(!row["q"].empty(), "no message");
                                         return "<" + row["q"][0]["content"].get<std::string>() + ">";
                                     }}};
    EXPECT_EQ(source.next()->text, "<hi>");
    EXPECT_THAT([&] { source.next(); }, ThrowsMessage<aha::error>(path.string() + ":3: no message"));
}

TEST_F(jsonl_prompts_test, drops_rows_that_are_not_admitted) {
    const auto path = letters(6);
    const auto odd = [](aha::prompt asked) -> std::optional<aha::prompt> {
        if (asked["n"] == 4) asked.text += "!";
        if (asked["n"].get<int>() % 2 == 1) return std::nullopt;
        return asked;
    };
    aha::jsonl_prompts source{path, {.shuffle = false, .epochs = 2, .admit = odd}};
    EXPECT_EQ(source.size(), 3U);
    EXPECT_EQ(source.dropped(), 3U);
    std::string all;
    std::vector<std::int64_t> indices;
    while (const auto p = source.next()) {
        all += p->text;
        indices.push_back(p->index);
    }
    EXPECT_EQ(all, "ace!ace!");
    EXPECT_THAT(indices, ElementsAre(0, 1, 2, 3, 4, 5));
    // A place among other rows is not one among these, be they as many.
    aha::jsonl_prompts others{path, {.shuffle = false, .epochs = 2, .admit = [](aha::prompt asked) {
                                         return asked["n"].get<int>() < 3 ? std::optional{asked} : std::nullopt;
                                     }}};
    ASSERT_EQ(others.size(), 3U);
    EXPECT_THAT([&] { others.load(source.save()); }, ThrowsMessage<aha::error>(HasSubstr("not the same")));
}

TEST_F(jsonl_prompts_test, refuses_what_admit_refuses_when_the_file_is_opened) {
    const auto path = letters(3);
    const auto refuse = [](aha::prompt asked) -> std::optional<aha::prompt> {
        aha::require(asked.text != "<b>", "the prompt is too long");
        return asked;
    };
    const auto render = [](const aha::json& row) { return "<" + row["prompt"].get<std::string>() + ">"; };
    EXPECT_THAT(([&] { aha::jsonl_prompts(path, {.render = render, .admit = refuse}); }),
                ThrowsMessage<aha::error>(path.string() + ":2: the prompt is too long"));
    EXPECT_THAT(([&] { aha::jsonl_prompts(path, {.admit = [](const aha::prompt&) { return std::nullopt; }}); }),
                ThrowsMessage<aha::error>(path.string() + " holds no prompts: all 3 were dropped"));
    bool fickle = true;
    aha::jsonl_prompts source{path, {.shuffle = false, .admit = [&](const aha::prompt& asked) {
                                         return fickle ? std::optional{asked} : std::nullopt;
                                     }}};
    fickle = false;
    EXPECT_THAT([&] { source.next(); }, ThrowsMessage<aha::error>(HasSubstr(":1: the prompt was admitted when")));
}

TEST_F(jsonl_prompts_test, reads_shards_and_packed_files) {
    const auto path = letters(5);
    aha::jsonl_prompts whole{path, {.epochs = 1}};
    const std::string text = aha::test::text_of(path);
    const auto packed = file(aha::test::zstd(text), "rows.zst");
    aha::jsonl_prompts source{packed, {.epochs = 1}}, copy = source;
    copy.load(whole.save());
    EXPECT_EQ(texts(source, 5), texts(whole, 5));
    EXPECT_EQ(copy.next()->text, aha::jsonl_prompts{path}.next()->text);
    file(aha::test::gzip("{\"prompt\":3}"), "tail.jsonl.gz");
    EXPECT_THAT([&] { aha::jsonl_prompts{folder_}; },
                ThrowsMessage<aha::error>((folder_ / "tail.jsonl.gz").string() +
                                          ":1: \"prompt\" is neither a text nor a list of messages but number"));
}

TEST_F(jsonl_prompts_test, keeps_its_rows_whatever_happens_to_the_file) {
    const auto path = letters(3);
    aha::jsonl_prompts source{path, {.shuffle = false}};
    file("");
    EXPECT_EQ(texts(source, 3), "abc");
    aha::jsonl_prompts screened{letters(4), {.shuffle = false}};
    file("");
    std::string asked;
    EXPECT_EQ(screened.screen([&](const aha::prompt& p, const std::string& where) {
        asked += where.substr(folder_.path().string().size()) + p.text;
        return p.text != "b";
    }),
              1);
    EXPECT_EQ(asked, "/rows.jsonl:1: a/rows.jsonl:2: b/rows.jsonl:3: c/rows.jsonl:4: d");
    EXPECT_EQ(texts(screened, 3), "acd");
    EXPECT_EQ(screened.dropped(), 1U);
}

TEST_F(jsonl_prompts_test, says_what_a_row_lacks) {
    const auto complaint = [&](std::string_view content, aha::jsonl_prompts_options options = {}) {
        return aha::test::complaint([&] { aha::jsonl_prompts{file(content), options}; });
    };
    const std::string at = (folder_ / "rows.jsonl").string();
    EXPECT_EQ(complaint("{\"prompt\":\"a\"}\n{\"question\":\"b\",\"answer\":1}\n"),
              at + ":2: no field \"prompt\" in the row, which has \"question\", \"answer\"");
    EXPECT_EQ(complaint("{\"prompt\":[{\"role\":\"user\",\"content\":\"a\"}]}"), "no complaint");
    EXPECT_EQ(complaint("{\"prompt\":[{\"role\":\"user\"}]}"),
              at + ":1: taken for a prompt: message 1 of \"prompt\" has no \"content\"");
    EXPECT_EQ(complaint("{\"prompt\":3}"), at + ":1: \"prompt\" is neither a text nor a list of messages but number");
    EXPECT_EQ(complaint("{\"prompt\":\"\"}"), at + ":1: \"prompt\" is empty");
    EXPECT_EQ(complaint("\n"), at + " holds no prompts");
    std::string many = "{\"k0\":0";
    for (int i = 1; i < 1000; ++i) many += ",\"k" + std::to_string(i) + "\":0";
    EXPECT_THAT(complaint(many + "}"), testing::EndsWith("\"k18\", \"k19\", ..."));
    EXPECT_EQ(complaint("{\"a\":\"b\"}", {.field = "a"}), "no complaint");
    EXPECT_THAT(complaint("{\"a\":\"b\"}", {.field = ""}), HasSubstr("field must name"));
    EXPECT_THAT(complaint("{\"prompt\":\"b\"}", {.epochs = -2}), HasSubstr("not -2"));
}

TEST_F(jsonl_prompts_test, messages_are_left_to_the_models_template) {
    aha::jsonl_prompts source{file(R"({"prompt":[{"role":"user","content":"a"}],"tools":[1]})")};
    const aha::prompt p = source.next().value();
    EXPECT_EQ(p.text, "");
    EXPECT_EQ(p.messages.dump(), R"([{"role":"user","content":"a"}])");
    EXPECT_TRUE(p.fields.contains("tools"));
}

TEST_F(jsonl_prompts_test, what_a_users_function_throws_begins_with_the_row_s_place) {
    const auto render = [](const nlohmann::ordered_json& row) { return row.at("question").get<std::string>(); };
    const std::string at = (folder_ / "rows.jsonl").string();
    // The first row is rendered when the file is opened; the others when a trainer looks at all, or in their turn.
    EXPECT_THAT(
        [&] {
            (aha::jsonl_prompts{letters(2), {.render = render}});
        },
        ThrowsMessage<aha::error>(
            testing::AllOf(testing::StartsWith(at + ":1: render threw: "), HasSubstr("key 'question' not found"))));
    aha::jsonl_prompts source{file("{\"question\":\"a\"}\n{\"quetsion\":\"b\"}\n"),
                              {.shuffle = false, .render = render}};
    EXPECT_THAT([&] { source.screen([](const aha::prompt&, const std::string&) { return true; }); },
                ThrowsMessage<aha::error>(testing::StartsWith(at + ":2: render threw: ")));
    EXPECT_EQ(source.next().value().text, "a");
    EXPECT_THAT([&] { source.next(); }, ThrowsMessage<aha::error>(testing::StartsWith(at + ":2: render threw: ")));
    const auto admit = [](aha::prompt) -> std::optional<aha::prompt> { throw std::runtime_error{"not today"}; };
    EXPECT_THAT(
        [&] {
            (aha::jsonl_prompts{letters(2), {.admit = admit}});
        },
        ThrowsMessage<aha::error>(at + ":1: admit threw: not today"));
}

}  // namespace
