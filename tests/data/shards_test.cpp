#include <aha/data/shards.hpp>

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>

namespace {

using testing::ElementsAre;

class shards_test : public testing::Test {
protected:
    std::vector<std::string> shards(const std::filesystem::path& path) const {
        std::vector<std::string> names;
        for (const auto& shard : aha::jsonl_shards(path)) names.push_back(folder_.shortened(shard.string()));
        return names;
    }
    std::string complaint(const std::filesystem::path& path) const {
        return folder_.shortened(aha::test::complaint([&] { aha::jsonl_shards(path); }));
    }
    aha::test::made_folder folder_;
};

TEST_F(shards_test, are_a_folders_files_in_the_order_of_their_names) {
    for (const std::string name : {"b.jsonl", "a.json", "part-10.jsonl.gz", "part-2.jsonl.zst", "C.ndjson", "d.json.gz",
                                   "README.md", "._b.jsonl", "e.csv", "f.jsonl.bak", "g.gz", "deeper/h.jsonl"})
        folder_.file(name, "{}\n");
    std::filesystem::create_directories(folder_.path() / "i.jsonl");
    std::filesystem::create_symlink("b.jsonl", folder_.path() / "link.jsonl");
    EXPECT_THAT(shards(folder_.path()), ElementsAre("DIR/C.ndjson", "DIR/a.json", "DIR/b.jsonl", "DIR/d.json.gz",
                                                    "DIR/link.jsonl", "DIR/part-10.jsonl.gz", "DIR/part-2.jsonl.zst"));
    EXPECT_THAT(shards(folder_.path() / "deeper"), ElementsAre("DIR/deeper/h.jsonl"));
}

TEST_F(shards_test, are_the_files_that_match) {
    for (const std::string name : {"a/train-1.txt", "b/train-0.txt", "b/test-0.txt", "train-[x].txt"})
        folder_.file(name, "{}\n");
    std::filesystem::create_directories(folder_.path() / "c/train-2.txt");
    EXPECT_THAT(shards(folder_.path() / "*/train-?.txt"), ElementsAre("DIR/a/train-1.txt", "DIR/b/train-0.txt"));
    EXPECT_THAT(shards(folder_.path() / "b/t[a-f]*"), ElementsAre("DIR/b/test-0.txt"));
    EXPECT_THAT(shards(folder_.path() / "train-[x].txt"), ElementsAre("DIR/train-[x].txt"));  // a file of this name
    EXPECT_EQ(complaint(folder_.path() / "*.jsonl"), "no file matches \"DIR/*.jsonl\"");
}

TEST_F(shards_test, are_the_path_itself_otherwise) {
    EXPECT_THAT(shards(folder_.file("b.csv", "")), ElementsAre("DIR/b.csv"));
    EXPECT_THAT(shards(folder_.path() / "none"), ElementsAre("DIR/none"));
}

TEST_F(shards_test, an_empty_folder_is_a_sentence) {
    folder_.file("README.md", "");
    EXPECT_EQ(complaint(folder_.path()),
              "\"DIR\" is a folder without files of JSON lines (*.jsonl, *.ndjson, *.json, "
              "each also .gz or .zst)");
}

}  // namespace
