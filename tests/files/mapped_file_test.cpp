#include <aha/files/mapped_file.hpp>

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>
#include <utility>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>

namespace {

using testing::HasSubstr;

class mapped_file_test : public testing::Test {
protected:
    std::filesystem::path written(const std::string& text, const std::string& name = "file") const {
        return folder_.file(name, text);
    }
    static std::string error_of(const std::filesystem::path& path) {
        return aha::test::complaint([&] { const aha::mapped_file file{path}; });
    }
    aha::test::made_folder folder_;
};

std::string text_of(const aha::mapped_file& file) {
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

TEST_F(mapped_file_test, shows_the_bytes) {
    const std::string text{"a\0b\xff\n", 5};
    EXPECT_EQ(text_of(aha::mapped_file{written(text)}), text);
}

TEST_F(mapped_file_test, moves_without_losing_the_mapping) {
    aha::mapped_file first{written("hello")};
    aha::mapped_file second{std::move(first)};
    EXPECT_EQ(text_of(second), "hello");
    aha::mapped_file third{written("other text", "other")};
    third = std::move(second);
    EXPECT_EQ(text_of(third), "hello");
}

TEST_F(mapped_file_test, stays_readable_after_its_file_is_replaced) {
    const auto file = aha::map_file(written("old"));
    folder_.file("new", "new content");
    std::filesystem::rename(folder_ / "new", folder_ / "file");
    EXPECT_EQ(text_of(*file), "old");
}

TEST_F(mapped_file_test, names_what_cannot_be_mapped) {
    EXPECT_THAT(error_of(folder_ / "none"), testing::AllOf(HasSubstr("none"), HasSubstr("No such file")));
    EXPECT_THAT(error_of(folder_), HasSubstr("is a folder"));
    EXPECT_THAT(error_of(written("")), HasSubstr("is empty"));
    ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
    EXPECT_THAT(error_of(folder_ / "pipe"), HasSubstr("not a regular file"));
}

}  // namespace
