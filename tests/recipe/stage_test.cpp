#include <aha/recipe/stage.hpp>

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>

namespace {

using aha::test::complaint;
namespace fs = std::filesystem;
using testing::HasSubstr;

class stage_folders : public testing::Test {
protected:
    aha::test::made_folder chain;
    stage_folders() { write("data.jsonl", "one"); }

    void write(const fs::path& name, const std::string& text) const { chain.file(name, text); }
    aha::stage made(int steps = 5) const {
        return {chain, "dev1", {{"data", chain / "data.jsonl"}, {"model", "smollm2"}}, {{"steps", steps}, {"seed", 1}}};
    }
};

TEST_F(stage_folders, a_stage_is_done_when_its_manifest_is_there) {
    const aha::stage first = made();
    EXPECT_FALSE(first.done());
    fs::create_directories(first.checkpoints());
    first.finish({{"loss", 0.5}});
    EXPECT_FALSE(fs::exists(first.checkpoints()));
    const aha::stage again = made();
    EXPECT_TRUE(again.done());
    EXPECT_EQ(again.figures(), (nlohmann::json{{"loss", 0.5}}));
    EXPECT_EQ(again.model(), chain / "dev1" / "model");
}

TEST_F(stage_folders, other_options_or_inputs_are_refused_with_what_differs) {
    made().finish({});
    EXPECT_THAT(complaint([&] { (void)made(6).done(); }), HasSubstr("steps: 5 then, 6 now"));
    write("data.jsonl", "two");
    EXPECT_THAT(complaint([&] { (void)made().done(); }), HasSubstr("other inputs (data"));
}

TEST_F(stage_folders, a_stage_made_of_another_stage_notices_that_it_was_made_anew) {
    made().finish({{"loss", 0.5}});
    fs::create_directories(chain / "dev1" / "model");
    const auto second = [&] {
        return aha::stage{chain, "dev2", {{"model", chain / "dev1" / "model"}}, {{"steps", 1}}};
    };
    second().finish({});
    EXPECT_TRUE(second().done());
    made().finish({{"loss", 0.4}});
    EXPECT_THAT(complaint([&] { (void)second().done(); }), HasSubstr("other inputs (model"));
}

TEST_F(stage_folders, an_input_is_known_by_its_bytes_and_a_name_by_itself) {
    made().finish({});
    write("moved.jsonl", "one");
    const auto other = [&](const fs::path& data, const fs::path& model) {
        return aha::stage{chain, "dev1", {{"data", data}, {"model", model}}, {{"steps", 5}, {"seed", 1}}};
    };
    EXPECT_TRUE(other(chain / "moved.jsonl", "smollm2").done());
    EXPECT_THAT(complaint([&] { (void)other(chain / "moved.jsonl", "smollm3").done(); }),
                HasSubstr("other inputs (model: "));
}

TEST_F(stage_folders, a_damaged_manifest_is_named) {
    made().finish({});
    write("dev1/manifest.json", "{\"inputs\": {");
    EXPECT_THAT(complaint([&] { (void)made().done(); }), HasSubstr("manifest.json\" is damaged"));
}

}  // namespace
