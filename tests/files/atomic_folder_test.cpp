#include <aha/files/atomic_folder.hpp>

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include <tests/support/made_folder.hpp>

namespace {

class atomic_folder_test : public testing::Test {
protected:
    void make(const std::filesystem::path& folder, const std::string& file) const {
        aha::atomic_folder target{folder};
        std::ofstream{target.workplace() / file} << "x";
        target.commit();
    }
    aha::test::made_folder base_;
};

TEST_F(atomic_folder_test, appears_whole_with_its_parents) {
    aha::atomic_folder target{base_ / "deep" / "model/"};
    std::ofstream{target.workplace() / "a"} << "x";
    EXPECT_FALSE(std::filesystem::exists(base_ / "deep" / "model"));
    target.commit();
    EXPECT_EQ(base_.names("deep"), std::set<std::string>{"model"});
    EXPECT_EQ(base_.names("deep/model"), std::set<std::string>{"a"});
    EXPECT_THROW(target.commit(), aha::error);
}

TEST_F(atomic_folder_test, replaces_the_old_folder_entirely) {
    make(base_ / "model", "old");
    make(base_ / "model", "new");
    EXPECT_EQ(base_.names("model"), std::set<std::string>{"new"});
    EXPECT_EQ(base_.names(), std::set<std::string>{"model"});
}

TEST_F(atomic_folder_test, keeps_the_old_folder_without_commit) {
    make(base_ / "model", "old");
    {
        const aha::atomic_folder target{base_ / "model"};
        std::ofstream{target.workplace() / "new"} << "x";
    }
    EXPECT_EQ(base_.names("model"), std::set<std::string>{"old"});
    EXPECT_EQ(base_.names(), std::set<std::string>{"model"});
}

TEST_F(atomic_folder_test, follows_a_link_to_the_folder_it_replaces) {
    make(base_ / "model", "old");
    std::filesystem::create_directory_symlink(base_ / "model", base_ / "link");
    make(base_ / "link", "new");
    EXPECT_TRUE(std::filesystem::is_symlink(base_ / "link"));
    EXPECT_EQ(base_.names("model"), std::set<std::string>{"new"});
}

TEST_F(atomic_folder_test, does_not_replace_a_file) {
    std::ofstream{base_ / "file"} << "x";
    EXPECT_THROW(aha::atomic_folder{base_ / "file"}, aha::error);
    EXPECT_THROW((aha::atomic_folder{base_ / "file" / "model"}), aha::error);
    EXPECT_EQ(base_.names(), std::set<std::string>{"file"});
}

}  // namespace
