#include <aha/data/file_kind.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include <tests/support/complaint.hpp>
#include <tests/support/packed.hpp>

namespace {

using namespace std::string_literals;
using testing::HasSubstr;

std::string complaint(const std::string& name, std::string_view bytes) {
    return aha::test::complaint([&] { aha::detail::require_json_lines(name, bytes); });
}

TEST(file_kind, tells_what_is_no_json_lines) {
    // The marks are those of file(1) 5.44 and of each format's own description.
    EXPECT_THAT(complaint("a.jsonl", "PAR1\x15\x04"s),
                testing::StartsWith("a.jsonl is not a file of JSON lines but a Parquet file: "));
    EXPECT_THAT(complaint("a", "ARROW1\0\0"s), HasSubstr("an Arrow file"));
    EXPECT_THAT(complaint("a", "\xFF\xFF\xFF\xFF\x78\0\0\0"s), HasSubstr("an Arrow stream"));
    EXPECT_THAT(complaint("a", "\xFF\xFE{\0"s), HasSubstr("UTF-16"));
    EXPECT_THAT(complaint("a", "\xFE\xFF\0{"s), HasSubstr("UTF-16"));
    EXPECT_THAT(complaint("a", "{\0\"\0"s), HasSubstr("UTF-16LE"));
    EXPECT_THAT(complaint("a", "\0{\0\""s), HasSubstr("UTF-16BE"));
    EXPECT_THAT(complaint("a", "\xFF\xFE\0\0{\0\0\0"s), HasSubstr("UTF-32"));
    EXPECT_THAT(complaint("a", aha::test::gzip("{}")), HasSubstr("packed twice"));
    EXPECT_THAT(complaint("a", aha::test::zstd("{}")), HasSubstr("packed twice"));
    EXPECT_THAT(complaint("a",
                          "\xFD"
                          "7zXZ\0"s),
                HasSubstr("an xz file"));
    EXPECT_THAT(complaint("a", "BZh91AY"s), HasSubstr("a bzip2 file"));
    EXPECT_THAT(complaint("a", "PK\x03\x04"s), HasSubstr("a zip archive"));
    std::string tar(257, '\0');
    tar.append("ustar");
    EXPECT_THAT(complaint("a", tar), HasSubstr("a tar archive"));
    EXPECT_THAT(complaint("a", "version https://git-lfs.github.com/spec/v1\noid"s), HasSubstr("Git LFS"));
    EXPECT_THAT(complaint("a", "<!DOCTYPE html>"s), HasSubstr("a web page"));
    EXPECT_THAT(complaint("a.csv", "prompt,answer\n"s), HasSubstr("a table, by its name .csv"));
}

TEST(file_kind, lets_through_what_may_be_json) {
    for (const std::string& text :
         {""s, "{"s, "\n\n {}"s, "[{}]"s, "\xEF\xBB\xBF{}"s, "prompt,answer\n"s, "{\"PAR1\":1}"s})
        EXPECT_EQ(complaint("a.jsonl", text), "no complaint") << text;
    EXPECT_EQ(complaint("a.csv", "{\"a\":1}\n"), "no complaint");
}

}  // namespace
