#include <fstream>
#include <gtest/gtest.h>
#include <omp.h>
#include <string>

#include <aha/kernels/waiting_threads.hpp>

namespace {

int threads_of_this_process() {
    std::ifstream status{"/proc/self/status"};
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("Threads:")) return std::stoi(line.substr(8));
    return 0;
}

TEST(sleeping_team, is_of_more_threads_than_there_are_processors) {
    const int before = threads_of_this_process();
    const aha::detail::sleeping_team team;
    EXPECT_GT(threads_of_this_process(), before);
    EXPECT_GE(threads_of_this_process(), omp_get_num_procs() + 2) << "the team and the thread that made it";
}

TEST(neighbor_watch, says_busy_at_once_and_quiet_after_a_while) {
    aha::detail::neighbor_watch watch;
    EXPECT_FALSE(watch.busy());
    watch.decide(50);
    EXPECT_FALSE(watch.busy()) << "a machine on its own takes a thread off a processor now and then";
    watch.decide(200);
    EXPECT_TRUE(watch.busy());
    for (int i = 0; i < 2; ++i) watch.decide(50);
    EXPECT_TRUE(watch.busy());
    watch.decide(4000);
    for (int i = 0; i < 2; ++i) watch.decide(50);
    EXPECT_TRUE(watch.busy()) << "the looks without interruption are counted from the last one";
    watch.decide(50);
    EXPECT_FALSE(watch.busy());
}

TEST(neighbor_watch, looks_without_an_end) {
    aha::detail::neighbor_watch watch;
    for (int i = 0; i < 1000; ++i) watch.look();
    SUCCEED();
}

}  // namespace
