#include <aha/io/folder_lock.hpp>

#include <ATen/ATen.h>
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <aha/io/folder_checkpoints.hpp>
#include <tests/io/support.hpp>

namespace {

using aha::test::complaint;
using testing::AllOf;
using testing::HasSubstr;

class folder_lock_test : public aha::test::in_a_folder {
protected:
    /// A process that holds the folder until it is killed.
    pid_t holder() const {
        int ready[2];
        EXPECT_EQ(::pipe(ready), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            const aha::folder_lock lock{folder_};
            const char said = 'x';
            if (::write(ready[1], &said, 1) != 1) ::_exit(1);
            while (true) ::pause();
        }
        char said = 0;
        EXPECT_EQ(::read(ready[0], &said, 1), 1);
        ::close(ready[0]);
        ::close(ready[1]);
        return child;
    }
    static void end(pid_t child) {
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
    }
};

TEST_F(folder_lock_test, another_process_is_refused_until_the_holder_is_killed) {
    const pid_t child = holder();
    const auto both = AllOf(HasSubstr(folder_.path().string()), HasSubstr("process " + std::to_string(child)));
    EXPECT_THAT(complaint([&] { aha::folder_lock{folder_}; }), both);
    EXPECT_THAT(complaint([&] { aha::folder_lock::check(folder_); }), both);
    aha::folder_checkpoints store{folder_};
    EXPECT_THAT(complaint([&] { store.save(1, {}); }), both);
    EXPECT_FALSE(store.latest_step());
    EXPECT_THAT(complaint([&] { static_cast<void>(store.hold()); }), both);
    end(child);
    EXPECT_EQ(complaint([&] { aha::folder_lock{folder_}; }), "no complaint");
    EXPECT_EQ(complaint([&] { store.save(1, {}); }), "no complaint");
}

TEST_F(folder_lock_test, is_given_back_with_its_object_and_can_be_moved) {
    {
        aha::folder_lock first{folder_};
        const aha::folder_lock moved{std::move(first)};
        EXPECT_THAT(complaint([&] { aha::folder_lock{folder_}; }),
                    HasSubstr("in use by this process, " + std::to_string(::getpid())));
    }
    EXPECT_EQ(complaint([&] { aha::folder_lock{folder_}; }), "no complaint");
    EXPECT_EQ(complaint([&] { aha::folder_lock{folder_ / "new" / "folder"}; }), "no complaint");
    put("file", "");
    EXPECT_THAT(complaint([&] { aha::folder_lock{folder_ / "file"}; }), HasSubstr("file"));
}

TEST_F(folder_lock_test, a_store_saves_where_it_holds_and_others_do_not) {
    aha::folder_checkpoints store{folder_}, other{folder_};
    {
        const auto held = store.hold();
        store.save(1, {});
        EXPECT_THAT(complaint([&] { other.save(2, {}); }), HasSubstr("in use"));
        EXPECT_EQ(other.latest_step(), 1) << "reading is free";
    }
    other.save(2, {});
    EXPECT_EQ(store.latest_step(), 2);
}

}  // namespace
