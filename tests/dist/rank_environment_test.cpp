#include <aha/dist/rank_environment.hpp>

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>

#include <tests/support/complaint.hpp>

namespace {

using aha::test::complaint;
using testing::HasSubstr;

class rank_environment : public testing::Test {
protected:
    rank_environment() { clear(); }
    ~rank_environment() override { clear(); }

    static void set(const std::map<std::string, std::string>& values) {
        for (const auto& [name, value] : values) ::setenv(name.c_str(), value.c_str(), 1);
    }

private:
    static void clear() {
        for (const char* name :
             {"RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_USE_AGENT_STORE",
              "TORCHELASTIC_RESTART_COUNT", "SLURM_STEP_ID", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "SLURM_LOCALID",
              "SLURM_STEP_NODELIST", "SLURM_JOB_ID", "SLURM_RESTART_COUNT"})
            ::unsetenv(name);
    }
};

TEST_F(rank_environment, is_one_process_without_a_launcher) {
    const aha::rank_environment here = aha::read_rank_environment();
    EXPECT_EQ(here.size, 1);
    EXPECT_EQ(here.rank, 0);
    EXPECT_TRUE(aha::is_first_rank());
}

TEST_F(rank_environment, reads_what_torchrun_sets) {
    set({{"RANK", "5"},
         {"WORLD_SIZE", "8"},
         {"LOCAL_RANK", "1"},
         {"MASTER_ADDR", "10.0.0.1"},
         {"MASTER_PORT", "29400"},
         {"TORCHELASTIC_USE_AGENT_STORE", "True"},
         {"TORCHELASTIC_RESTART_COUNT", "2"}});
    const aha::rank_environment here = aha::read_rank_environment();
    EXPECT_EQ(here.rank, 5);
    EXPECT_EQ(here.size, 8);
    EXPECT_EQ(here.local_rank, 1);
    EXPECT_EQ(here.address, "10.0.0.1");
    EXPECT_EQ(here.port, 29400);
    EXPECT_TRUE(here.launcher_hosts);
    EXPECT_EQ(here.attempt, "2");
    EXPECT_FALSE(aha::is_first_rank());
}

TEST_F(rank_environment, reads_what_a_step_of_slurm_sets) {
    set({{"SLURM_STEP_ID", "0"},
         {"SLURM_STEP_NUM_TASKS", "4"},
         {"SLURM_PROCID", "3"},
         {"SLURM_LOCALID", "1"},
         {"SLURM_STEP_NODELIST", "gpu[07-09,12],big1"},
         {"SLURM_JOB_ID", "123456"}});
    const aha::rank_environment here = aha::read_rank_environment();
    EXPECT_EQ(here.rank, 3);
    EXPECT_EQ(here.size, 4);
    EXPECT_EQ(here.local_rank, 1);
    EXPECT_EQ(here.address, "gpu07");
    EXPECT_EQ(here.port, 20000 + 123456 % 20000);
    EXPECT_FALSE(here.launcher_hosts);
    set({{"SLURM_STEP_NODELIST", "one,two"}, {"MASTER_PORT", "1234"}});
    EXPECT_EQ(aha::read_rank_environment().address, "one");
    EXPECT_EQ(aha::read_rank_environment().port, 1234);
}

TEST_F(rank_environment, takes_a_batch_script_of_slurm_for_one_process) {
    set({{"SLURM_PROCID", "0"}, {"SLURM_JOB_ID", "1"}});  // no step: nobody else was started
    EXPECT_EQ(aha::read_rank_environment().size, 1);
}

TEST_F(rank_environment, names_the_variable_that_is_missing_or_wrong) {
    set({{"WORLD_SIZE", "2"}});
    EXPECT_THAT(complaint([] { aha::read_rank_environment(); }), HasSubstr("RANK is not set"));
    set({{"RANK", "2"}});
    EXPECT_THAT(complaint([] { aha::read_rank_environment(); }), HasSubstr("RANK=2 is not a number from 0 to 1"));
    set({{"RANK", "1"}});
    EXPECT_THAT(complaint([] { aha::read_rank_environment(); }), HasSubstr("MASTER_ADDR is not set"));
    set({{"MASTER_ADDR", "here"}, {"MASTER_PORT", "x1"}});
    EXPECT_THAT(complaint([] { aha::read_rank_environment(); }), HasSubstr("MASTER_PORT=x1 is not a number"));
    set({{"WORLD_SIZE", "two"}});
    EXPECT_THAT(complaint([] { aha::read_rank_environment(); }), HasSubstr("WORLD_SIZE=two is not a number"));
}

}  // namespace
