#include <aha/files/mapped_file.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>
#include <utility>

namespace {

using testing::HasSubstr;

class mapped_file_test : public testing::Test {
protected:
    mapped_file_test() {
        std::string pattern = (std::filesystem::temp_directory_path() / "aha-mapped-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }
    ~mapped_file_test() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path written(const std::string& text, const std::string& name = "file") const {
        std::ofstream{folder_ / name} << text;
        return folder_ / name;
    }
    std::string error_of(const std::filesystem::path& path) const {
        try {
            const aha::mapped_file file{path};
        } catch (const aha::error& wrong) {
            return wrong.what();
        }
        return "no error";
    }
    std::filesystem::path folder_;
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
    std::ofstream{folder_ / "new"} << "new content";
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
