#include <aha/data/jsonl_reader.hpp>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>
#include <tests/support/packed.hpp>

namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class jsonl_reader_test : public testing::Test {
protected:
    std::filesystem::path file(std::string_view content) const { return folder_.file("rows.jsonl", content); }
    /// "LINE:OBJECT" of each row.
    std::vector<std::string> rows(std::string_view content, aha::jsonl_reader_options options = {}) const {
        aha::jsonl_reader reader{file(content), options};
        std::vector<std::string> all;
        while (const auto row = reader.next()) all.push_back(std::to_string(row->line) + ":" + row->fields.dump());
        return all;
    }
    std::string complaint(std::string_view content, aha::jsonl_reader_options options = {}) const {
        return aha::test::complaint([&] { rows(content, options); });
    }
    aha::test::made_folder folder_;
};

TEST_F(jsonl_reader_test, gives_objects_with_their_lines) {
    EXPECT_THAT(rows("{\"a\": 1}\n{\"b\": [2, \"\\u00e9\"]}\n"), ElementsAre("1:{\"a\":1}", "2:{\"b\":[2,\"é\"]}"));
    EXPECT_THAT(rows(""), ElementsAre());
}

TEST_F(jsonl_reader_test, takes_files_as_windows_and_people_write_them) {
    EXPECT_THAT(rows("\xEF\xBB\xBF{\"a\":1}\r\n\r\n \t\n{\"a\":2}"), ElementsAre("1:{\"a\":1}", "4:{\"a\":2}"));
    EXPECT_THAT(rows("\xEF\xBB\xBF\n{}\n\n"), ElementsAre("2:{}"));
    EXPECT_THAT(rows("{\"a\":1}\r\r{\"a\":2}\r"), ElementsAre("1:{\"a\":1}", "3:{\"a\":2}"));
}

TEST_F(jsonl_reader_test, keeps_what_python_reads) {
    aha::jsonl_reader reader{file("{\"b\":NaN,\"a\":[-Infinity,1e400,18446744073709551615]}\n")};
    const aha::json fields = reader.next()->fields;
    // repr(json.loads(...)), Python 3.11: {'b': nan, 'a': [-inf, inf, 18446744073709551615]}
    EXPECT_EQ(fields.begin().key(), "b");
    EXPECT_TRUE(std::isnan(fields["b"].get<double>()));
    EXPECT_EQ(fields["a"][0], -std::numeric_limits<double>::infinity());
    EXPECT_EQ(fields["a"][1], std::numeric_limits<double>::infinity());
    EXPECT_EQ(fields["a"][2], 18446744073709551615ULL);
    EXPECT_THAT(complaint("{\"a\":\"\\ud800\"}"), HasSubstr(":1: \\ud800 at byte 7 is half of a surrogate pair"));
    EXPECT_THAT(complaint("{}\n{\"a\":-9223372036854775809}"),
                HasSubstr(":2: the integer -9223372036854775809 has more than 64 bits"));
}

TEST_F(jsonl_reader_test, reads_a_list_of_objects) {
    EXPECT_THAT(rows("[{\"a\":1},\n {\"a\":\n2}]\n"), ElementsAre("1:{\"a\":1}", "2:{\"a\":2}"));
    EXPECT_EQ(complaint("[{},\n[1]]"), (folder_ / "rows.jsonl").string() + ":2: a JSON object is needed, not a list");
}

TEST_F(jsonl_reader_test, reads_a_folder_of_shards_packed_or_not) {
    const auto write = [&](const std::string& name, std::string_view content) { folder_.file(name, content); };
    write("2.jsonl", "\xEF\xBB\xBF{\"a\":3}");
    write("1.jsonl.gz", aha::test::gzip("{\"a\":1}\n\n{\"a\":2}\n"));
    write("3.json.zst", aha::test::zstd("[{\"a\":4}]"));
    write("0.jsonl", "");
    write("4.ndjson", "{\"a\":5}\n{\"a\"}\n");
    std::vector<std::string> all;
    aha::jsonl_reader reader{folder_};
    for (int i = 0; i < 5; ++i) {
        const auto row = reader.next().value();
        all.push_back(reader.where().substr(folder_.path().string().size()) + row.fields.dump());
    }
    EXPECT_THAT(all, ElementsAre("/1.jsonl.gz:1{\"a\":1}", "/1.jsonl.gz:3{\"a\":2}", "/2.jsonl:1{\"a\":3}",
                                 "/3.json.zst:1{\"a\":4}", "/4.ndjson:1{\"a\":5}"));
    EXPECT_THAT([&] { reader.next(); },
                testing::ThrowsMessage<aha::error>(testing::StartsWith((folder_ / "4.ndjson:2: not valid").string())));
    aha::jsonl_reader some{folder_ / "[12].jsonl*"};
    EXPECT_EQ(some.next()->fields["a"], 1);
    aha::jsonl_reader moved{std::move(some)};
    EXPECT_EQ(moved.next()->fields["a"], 2);
    EXPECT_EQ(moved.next()->fields["a"], 3);
    EXPECT_FALSE(moved.next());
}

TEST_F(jsonl_reader_test, says_what_a_file_of_another_kind_is) {
    EXPECT_EQ(complaint("PAR1\x15\x04").substr((folder_ / "rows.jsonl").string().size(), 47),
              " is not a file of JSON lines but a Parquet file");
    EXPECT_THAT(complaint({"\xFF\xFE{\0}\0", 6}), HasSubstr("text in UTF-16, not in UTF-8"));
}

TEST_F(jsonl_reader_test, reads_lines_longer_than_its_buffer) {
    const std::string word(200'000, 'x'), line = "{\"w\":\"" + word + "\"}";
    EXPECT_THAT(rows(line + "\n" + line), ElementsAre("1:" + line, "2:" + line));
    // Lines of every length around the buffer's end.
    std::string content;
    for (int i = 0; i < 700; ++i) content += "{\"w\":\"" + std::string(i, 'y') + "\"}\n";
    EXPECT_EQ(rows(content).size(), 700U);
}

TEST_F(jsonl_reader_test, names_file_and_line_of_what_is_wrong) {
    const std::string at = (folder_ / "rows.jsonl").string();
    EXPECT_EQ(complaint("{}\n\n{\"a\": }\n"), at + ":3: not valid JSON at byte 7: '}' where a value belongs");
    EXPECT_EQ(complaint("{}\n[1]\n"), at + ":2: a JSON object is needed, not a list");
    EXPECT_EQ(complaint("{}\nnull"), at + ":2: a JSON object is needed, not null");
    EXPECT_EQ(complaint("{\"a\":1,\"b\":{\"a\":1},\"a\":2}"), at + ":1: the key \"a\" is given twice");
    EXPECT_EQ(complaint("{\"a\":\"\xff\"}"), at + ":1: not valid JSON at byte 7: the byte 0xff, which is not UTF-8");
    EXPECT_EQ(complaint("{} {}"), at + ":1: not valid JSON at byte 4: '{' after the end of the value");
    EXPECT_EQ(complaint("{\n \"a\": 1\n}\n"), at + ":1: not valid JSON at byte 2: the row ends too early (one that is "
                                                   "written over several lines must be put on one, as jq -c . FILE "
                                                   "does)");
    EXPECT_EQ(complaint("{\"a\":1}\n", {.max_line_bytes = 6}), at + ":1: the line is longer than the 6 bytes allowed");
    EXPECT_EQ(complaint("{\"a\":1}\n", {.max_line_bytes = 7}), "no complaint");
    EXPECT_EQ(complaint("{\"a\":" + std::string(100'000, '[')), at + ":1: JSON nested deeper than 64 levels");
}

TEST_F(jsonl_reader_test, names_what_cannot_be_opened) {
    EXPECT_THAT([&] { aha::jsonl_reader{folder_ / "none"}; },
                testing::ThrowsMessage<aha::error>(AllOf(HasSubstr("none"), EndsWith("No such file or directory"))));
    EXPECT_THAT([&] { aha::jsonl_reader{folder_}; },
                testing::ThrowsMessage<aha::error>(HasSubstr("is a folder without files of JSON lines")));
    EXPECT_THAT([&] { aha::jsonl_reader(file(""), {.max_line_bytes = 0}); },
                testing::ThrowsMessage<aha::error>(HasSubstr("max_line_bytes")));
}

TEST_F(jsonl_reader_test, survives_anything) {
    const std::string right =
        "\xEF\xBB\xBF{\"prompt\":\"a\\u00e9\\n\",\"n\":-1.5e3}\r\n\n{\"m\":[{\"role\":\"user\"},null,true]}\n"
        "{\"e\":{}}";
    std::mt19937 random{7};
    int refused = 0;
    for (int round = 0; round < 3000; ++round) {
        std::string text = right;
        for (auto changes = 1 + random() % 4; changes > 0; --changes) {
            const std::size_t at = random() % text.size();
            switch (random() % 4) {
                case 0: text[at] = static_cast<char>(random()); break;
                case 1: text.erase(at, 1 + random() % 5); break;
                case 2: text.insert(at, text.substr(random() % text.size(), random() % 20)); break;
                default: text.resize(at + 1);
            }
            if (text.empty()) text = "{";
        }
        refused +=
            complaint(text, {.max_line_bytes = 80}) != "no complaint" ? 1 : 0;  // anything but aha::error ends the test
    }
    EXPECT_GT(refused, 1000);
    EXPECT_LT(refused, 3000);
}

}  // namespace
