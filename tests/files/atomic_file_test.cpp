#include <aha/files/atomic_file.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <sys/resource.h>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>

namespace {

using testing::HasSubstr;

class atomic_file_test : public testing::Test {
protected:
    std::string content(const std::string& name) const { return aha::test::text_of(folder_ / name); }
    std::set<std::string> names() const { return folder_.names(); }
    aha::test::made_folder folder_;
};

TEST_F(atomic_file_test, appears_only_when_committed) {
    aha::atomic_file file{folder_ / "a"};
    file.write("one ");
    file.write("two");
    EXPECT_EQ(file.size(), 7U);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "a"));
    file.commit();
    EXPECT_EQ(content("a"), "one two");
    EXPECT_EQ(names(), std::set<std::string>{"a"});
}

TEST_F(atomic_file_test, replaces_the_old_file) {
    aha::write_atomically(folder_ / "a", "old");
    aha::write_atomically(folder_ / "a", "new");
    EXPECT_EQ(content("a"), "new");
}

TEST_F(atomic_file_test, leaves_the_old_file_and_nothing_else_without_commit) {
    aha::write_atomically(folder_ / "a", "old");
    {
        aha::atomic_file file{folder_ / "a"};
        file.write("half of the new one");
    }
    EXPECT_EQ(content("a"), "old");
    EXPECT_EQ(names(), std::set<std::string>{"a"});
}

TEST_F(atomic_file_test, two_writers_of_one_file_do_not_meet) {
    aha::atomic_file first{folder_ / "a"}, second{folder_ / "a"};
    first.write("first");
    second.write("second");
    first.commit();
    EXPECT_EQ(content("a"), "first");
    second.commit();
    EXPECT_EQ(content("a"), "second");
}

// A disk that fills up, by the limit on a file's size that every process can set for itself.
TEST_F(atomic_file_test, a_write_that_fails_half_way_is_reported_and_undone) {
    aha::write_atomically(folder_ / "a", "old");
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{4096, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    std::string message = "no error";
    try {
        aha::write_atomically(folder_ / "a", std::string(10000, 'x'));
    } catch (const aha::error& wrong) {
        message = wrong.what();
    }
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    EXPECT_THAT(message, testing::AllOf(HasSubstr((folder_ / "a").string()), HasSubstr("File too large")));
    EXPECT_EQ(content("a"), "old");
    EXPECT_EQ(names(), std::set<std::string>{"a"});
}

TEST_F(atomic_file_test, names_a_place_that_cannot_be_written) {
    const auto error_of = [](const std::filesystem::path& path) {
        return aha::test::complaint([&] { aha::write_atomically(path, "text"); });
    };
    EXPECT_THAT(error_of(folder_ / "none" / "a"), HasSubstr("No such file"));
    std::ofstream{folder_ / "file"} << "x";
    EXPECT_THAT(error_of(folder_ / "file" / "a"), HasSubstr("Not a directory"));
    std::filesystem::create_directory(folder_ / "sub");
    EXPECT_THAT(error_of(folder_ / "sub"), HasSubstr("cannot replace"));
    EXPECT_THAT(error_of(folder_ / ""), HasSubstr("names no file"));
    EXPECT_EQ(names(), (std::set<std::string>{"file", "sub"}));
}

TEST_F(atomic_file_test, cannot_be_used_after_commit) {
    aha::atomic_file file{folder_ / "a"};
    file.commit();
    EXPECT_THROW(file.write("x"), aha::error);
    EXPECT_THROW(file.commit(), aha::error);
}

}  // namespace
