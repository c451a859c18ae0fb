#include <aha/data/row_texts.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <aha/files/json_parser.hpp>

#include <tests/support/complaint.hpp>
#include <tests/support/described_json.hpp>
#include <tests/support/made_folder.hpp>
#include <tests/support/packed.hpp>

namespace {

using aha::test::gzip;
using aha::test::zstd;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class row_texts_test : public testing::Test {
protected:
    /// "LINE:TEXT" of each row, and the complaint if there is one.
    std::vector<std::string> rows(std::string_view content, std::size_t max_bytes = 1 << 20) const {
        const auto path = folder_.file("rows", content);
        std::vector<std::string> all;
        const std::string said = aha::test::complaint([&] {
            aha::detail::row_texts texts{path, max_bytes};
            while (const auto row = texts.next()) {
                all.push_back(std::to_string(row->line) + ":" + std::string{row->text});
                EXPECT_EQ(texts.line(), row->line);
                if (texts.plain()) {
                    EXPECT_EQ(content.substr(row->byte, row->text.size()), row->text);
                }
            }
            EXPECT_FALSE(texts.next());
        });
        if (said != "no complaint") all.push_back(folder_.shortened(said));
        return all;
    }
    aha::test::made_folder folder_;
};

TEST_F(row_texts_test, cuts_lines_as_pythons_text_files_do) {
    const nlohmann::json golden =
        nlohmann::json::parse(std::ifstream{std::filesystem::path{AHA_TEST_DATA} / "data" / "data" / "row_texts.json"});
    const auto described = [](std::string_view text) {
        return aha::test::described(aha::detail::parse_json(text, "here"));
    };
    for (const nlohmann::json& one : golden.at("files")) {
        const auto path = folder_.file("golden", one[0].get<std::string>());
        aha::detail::row_texts texts{path, 1000};
        for (const nlohmann::json& wanted : one[1]) {
            const auto row = texts.next();
            ASSERT_TRUE(row) << one[0];
            EXPECT_EQ(row->line, wanted[0]) << one[0];
            EXPECT_EQ(wanted[1], described(row->text)) << one[0];
        }
        EXPECT_FALSE(texts.next()) << one[0];
    }
    for (const nlohmann::json& one : golden.at("lists")) {
        const auto path = folder_.file("golden", one[0].get<std::string>());
        aha::detail::row_texts texts{path, 1000};
        for (const nlohmann::json& wanted : one[1]) {
            const auto row = texts.next();
            ASSERT_TRUE(row) << one[0];
            EXPECT_EQ(wanted, described(row->text)) << one[0];
        }
        EXPECT_FALSE(texts.next()) << one[0];
    }
}

TEST_F(row_texts_test, names_the_line_on_which_an_element_begins) {
    EXPECT_THAT(rows("\xEF\xBB\xBF[\n {\"a\":\r\n 1},\r{\"b\":\"],}\\\"\"}\n\n,[2]]\n"),
                ElementsAre("2:{\"a\":\r\n 1}", "4:{\"b\":\"],}\\\"\"}\n\n", "6:[2]"));
    EXPECT_THAT(rows(" [ ]\n"), IsEmpty());
    EXPECT_THAT(rows("[1,\n]"), ElementsAre("1:1",
                                            "DIR/rows:2: not valid JSON: a ']' in the list where an element "
                                            "belongs"));
    EXPECT_THAT(rows("[,1]"), ElementsAre("DIR/rows:1: not valid JSON: a ',' in the list where an element belongs"));
    EXPECT_THAT(rows("[1]\n[2]"), ElementsAre("1:1",
                                              "DIR/rows:2: not valid JSON: the list that the file begins with "
                                              "has ended, but the file goes on"));
    EXPECT_THAT(rows("[1,\n{\"a\":\n1"),
                ElementsAre("1:1", "DIR/rows:3: not valid JSON: the list that the file begins with has no end"));
    EXPECT_THAT(rows("[1,"), ElementsAre("1:1", HasSubstr("has no end")));
    EXPECT_THAT(rows("[1]]"), ElementsAre("1:1", HasSubstr("goes on")));
    EXPECT_THAT(rows("[\n123456]", 5), ElementsAre("DIR/rows:2: the element is longer than the 5 bytes allowed"));
}

TEST_F(row_texts_test, holds_rows_across_its_buffer) {
    // Lines and elements of every length around the ends of the 65,536 bytes that are read at once.
    for (const std::string end : {"\n", "\r\n", "\r"}) {
        std::string lines, list;
        std::vector<std::string> wanted_lines, wanted_elements;
        for (std::size_t i = 0; i < 700; ++i) {
            const std::string row = "\"" + std::string(i % 2 == 0 ? i : 600 - i % 600, 'y') + "\"";
            lines += row + end;
            list += (i == 0 ? "[" : ",") + row + end;
            wanted_lines.push_back(std::to_string(i + 1) + ":" + row);
            wanted_elements.push_back(std::to_string(i + 1) + ":" + row + end);
        }
        EXPECT_EQ(rows(lines), wanted_lines);
        EXPECT_EQ(rows(list + "]"), wanted_elements);
        EXPECT_EQ(rows(gzip(lines)), wanted_lines);
        EXPECT_EQ(rows(zstd(list + "]")), wanted_elements);
    }
    const std::string word(200'000, 'x');
    EXPECT_THAT(rows(word + "\n" + word), ElementsAre("1:" + word, "2:" + word));
    EXPECT_THAT(rows(std::string(65'535, 'x') + "\r\n1"), ElementsAre("1:" + std::string(65'535, 'x'), "2:1"));
}

TEST_F(row_texts_test, limits_a_line) {
    EXPECT_THAT(rows("1\n123456\n", 5), ElementsAre("1:1", "DIR/rows:2: the line is longer than the 5 bytes allowed"));
    EXPECT_THAT(rows("12345\r\n12345", 5), ElementsAre("1:12345", "2:12345"));
    EXPECT_THAT(rows(gzip(std::string(50'000'000, '7'))),
                ElementsAre("DIR/rows:1: the line is longer than the 1048576 bytes allowed"));
    EXPECT_THAT(rows(zstd(std::string(50'000'000, '7'))),
                ElementsAre("DIR/rows:1: the line is longer than the 1048576 bytes allowed"));
}

TEST_F(row_texts_test, gives_the_rows_before_the_place_where_packed_bytes_are_damaged) {
    std::string lines;
    std::mt19937 random{3};
    for (int i = 0; i < 60'000; ++i) lines += std::to_string(random()) + "\n";
    const auto all = rows(lines);
    for (const std::string& whole : {gzip(lines), zstd(lines)}) {
        ASSERT_EQ(rows(whole), all);
        const std::string name = whole.starts_with('\x1F') ? "gzip" : "zstd";
        const auto cut = rows(std::string_view{whole}.substr(0, whole.size() / 2));
        ASSERT_GT(cut.size(), 5'000U);
        EXPECT_EQ(cut.back(), "DIR/rows: the " + name + " data are damaged after line " +
                                  std::to_string(cut.size() - 1) + ": they end too early");
        EXPECT_TRUE(std::equal(cut.begin(), cut.end() - 1, all.begin()));
        EXPECT_THAT(rows(whole.substr(0, whole.size() - 1)).back(), HasSubstr("after line 60000: they end too early"));
        EXPECT_THAT(rows(whole + "junk").back(), HasSubstr("damaged after line 60000: "));
        std::string damaged = whole;
        damaged[whole.size() - 6] ^= 0x55;  // in what the sum of either is compared with, or the last block
        EXPECT_THAT(rows(damaged).back(), HasSubstr("the " + name + " data are damaged after line "));
    }
}

TEST_F(row_texts_test, reads_members_and_frames_after_one_another) {
    EXPECT_THAT(rows(gzip("1\n2") + gzip("") + gzip("3\n4\n")), ElementsAre("1:1", "2:23", "3:4"));
    EXPECT_THAT(rows(zstd("1\n2") + zstd("") + zstd("3\n4\n")), ElementsAre("1:1", "2:23", "3:4"));
    // As Python's gzip, which skips zeros after a member, but nothing else.
    EXPECT_THAT(rows(gzip("1\n") + std::string(70'000, '\0') + gzip("2\n") + std::string(3, '\0')),
                ElementsAre("1:1", "2:2"));
    EXPECT_THAT(rows(std::string{"\x50\x2A\x4D\x18\x02\0\0\0hi", 10} + zstd("1\n")), ElementsAre("1:1"));
    EXPECT_THAT(rows(zstd(std::string(1000, '1'), 27)), ElementsAre(testing::StartsWith("1:1111")));
    EXPECT_THAT(rows(zstd(std::string(1000, '1'), 28)),
                ElementsAre("DIR/rows: the zstd data are damaged after line 0: Frame requires too much memory for "
                            "decoding"));
}

TEST_F(row_texts_test, survives_anything) {
    const std::string lines = "{\"a\":1}\r\n\n{\"b\":\"\xC3\xA4\"}\r{\"c\":[]}",
                      list = "[{\"a\":\"]\\\"\"},\n 2 ,[3]]\n";
    std::mt19937 random{7};
    for (const std::string& right : {lines, list, gzip(lines), zstd(list), gzip(list) + gzip(lines)})
        for (int round = 0; round < 300; ++round) {
            std::string text = right;
            for (auto changes = 1 + random() % 4; changes > 0 && !text.empty(); --changes) {
                const std::size_t at = random() % text.size();
                switch (random() % 4) {
                    case 0: text[at] = static_cast<char>(random()); break;
                    case 1: text.erase(at, 1 + random() % 5); break;
                    case 2: text.insert(at, text.substr(random() % text.size(), random() % 20)); break;
                    default: text.resize(at + 1);
                }
            }
            rows(text, 40);  // anything but aha::error ends the test
        }
}

}  // namespace
