// The same program as one process, as 2 and 4 ranks under torchrun, and as ranks that die, throw and hang. The
// variables AHA_RANKS_PROGRAM (compiled in) and AHA_TORCH_PYTHON (set by tests/run) name the program and a Python with
// torch.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <aha/core/random.hpp>
#include <tests/support/command.hpp>
#include <tests/support/made_folder.hpp>

extern char** environ;

namespace {

namespace fs = std::filesystem;
using aha::test::command_result;
using aha::test::made_folder;
using aha::test::run_command;
using aha::test::shell_word;
using aha::test::text_of;
using nlohmann::json;
using testing::HasSubstr;

const std::string program = shell_word(AHA_RANKS_PROGRAM);

std::string torchrun(int ranks, const std::string& options = "") {
    const char* const python = std::getenv("AHA_TORCH_PYTHON");
    EXPECT_NE(python, nullptr) << "tests/run sets AHA_TORCH_PYTHON to a Python that has torch";
    return shell_word(python == nullptr ? "python3" : python) + " -m torch.distributed.run --standalone " + options +
           " --nproc-per-node " + std::to_string(ranks) + " --no-python " + program + " ";
}

json read_json(const fs::path& file) {
    std::ifstream in{file};
    return json::parse(in);
}

std::vector<float> weights_of(const fs::path& folder) {
    const std::string bytes = text_of(folder / "weights");
    std::vector<float> numbers(bytes.size() / sizeof(float));
    std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
    return numbers;
}

double largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size() || a.empty()) return INFINITY;
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(double{a[i]} - double{b[i]}));
    return largest;
}

/// The steps that metrics.jsonl tells of.
std::vector<int> steps_of(const fs::path& folder) {
    std::vector<int> steps;
    std::ifstream in{folder / "metrics.jsonl"};
    for (std::string line; std::getline(in, line);) steps.push_back(json::parse(line).at("step").get<int>());
    return steps;
}

std::vector<int> all_steps() {
    std::vector<int> steps(20);
    for (int i = 0; i < 20; ++i) steps[static_cast<std::size_t>(i)] = i + 1;
    return steps;
}

/// Of 20 steps at rates of 1e-2, where rounding is carried on from step to step.
double tolerance_of(const std::string& trainer) { return trainer.ends_with("bfloat16") ? 4e-2 : 1e-4; }

TEST(ranks, learn_what_one_process_learns) {
    const made_folder folder;
    const command_result alone = run_command(program + " curves " + shell_word((folder / "1").string()));
    ASSERT_EQ(alone.status, 0) << alone.output;
    const json expected = read_json(folder / "1");
    EXPECT_GE(expected.size(), 16U);
    for (const int ranks : {2, 4}) {
        const fs::path file = folder / std::to_string(ranks);
        const command_result together = run_command(torchrun(ranks) + "curves " + shell_word(file.string()));
        ASSERT_EQ(together.status, 0) << together.output;
        const json all = read_json(file);
        ASSERT_EQ(all.size(), expected.size());
        for (const auto& [trainer, run] : expected.items()) {
            const double tolerance = tolerance_of(trainer);
            const json& curve = all.at(trainer).at("curve");
            ASSERT_EQ(curve.size(), 20U);
            for (std::size_t step = 0; step < 20; ++step) {
                const json& line = run.at("curve").at(step);
                ASSERT_EQ(curve.at(step).size(), line.size()) << trainer;
                for (const auto& [metric, value] : line.items())
                    EXPECT_NEAR(curve.at(step).at(metric).get<double>(), value.get<double>(),
                                tolerance * (1 + std::abs(value.get<double>())))
                        << ranks << " ranks, " << trainer << ", " << metric << " of step " << step + 1;
            }
            EXPECT_LT(largest_difference(all.at(trainer).at("weights"), run.at("weights")), tolerance)
                << ranks << " ranks, " << trainer;
            if (!run.contains("evaluation")) continue;
            EXPECT_NEAR(all.at(trainer).at("evaluation").get<double>(), run.at("evaluation").get<double>(),
                        tolerance * 10);
        }
    }
}

/// Ranks without a launcher, as a batch system would start them.
class bare_ranks {
public:
    bare_ranks(int count, const std::vector<std::string>& arguments, const fs::path& log) {
        static int next_port = 21000 + static_cast<int>(::getpid()) % 20000;
        ++next_port;
        for (int rank = 0; rank < count; ++rank) {
            const std::string command = "RANK=" + std::to_string(rank) + " WORLD_SIZE=" + std::to_string(count) +
                                        " MASTER_ADDR=127.0.0.1 MASTER_PORT=" + std::to_string(next_port) + " exec " +
                                        program + words(arguments) + " >>" +
                                        shell_word(log.string() + std::to_string(rank)) + " 2>&1";
            const char* const call[] = {"sh", "-c", command.c_str(), nullptr};
            pid_t pid = 0;
            EXPECT_EQ(::posix_spawn(&pid, "/bin/sh", nullptr, nullptr, const_cast<char* const*>(call), environ), 0);
            pids_.push_back(pid);
        }
    }
    ~bare_ranks() {
        for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
        for (std::size_t r = 0; r < pids_.size(); ++r) wait(r);
    }
    bare_ranks(const bare_ranks&) = delete;
    bare_ranks& operator=(const bare_ranks&) = delete;

    void kill(std::size_t rank) { ::kill(pids_[rank], SIGKILL); }

    /// The exit status, -1 for one that was killed.
    int wait(std::size_t rank) {
        if (status_.contains(rank)) return status_[rank];
        int status = 0;
        ::waitpid(pids_[rank], &status, 0);
        return status_[rank] = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }

private:
    static std::string words(const std::vector<std::string>& arguments) {
        std::string text;
        for (const std::string& one : arguments) text += " " + shell_word(one);
        return text;
    }

    std::vector<pid_t> pids_;
    std::map<std::size_t, int> status_;
};

/// What the run of the program is without any fault, in one process.
std::vector<float> undisturbed(const fs::path& folder) {
    const command_result alone = run_command(program + " run " + shell_word(folder.string()));
    EXPECT_EQ(alone.status, 0) << alone.output;
    return weights_of(folder);
}

TEST(ranks, stop_with_the_name_of_the_rank_whose_reward_throws) {
    const made_folder folder;
    bare_ranks ranks{3, {"run", folder / "run", "throw", "1", "3"}, folder / "log"};
    for (std::size_t r = 0; r < 3; ++r) {
        EXPECT_EQ(ranks.wait(r), 1);
        const std::string said = text_of(folder / ("log" + std::to_string(r)));
        EXPECT_THAT(said, HasSubstr("error: rank 1 of 3: prompt "));
        EXPECT_THAT(said, HasSubstr("the verifier is out of disk space"));
    }
    EXPECT_TRUE(fs::exists(folder / "run/checkpoints/step-000003"));
    EXPECT_TRUE(fs::exists(folder / "run/checkpoints/step-000004")) << "the step done since";
}

TEST(ranks, name_a_rank_that_was_killed_within_seconds) {
    const made_folder folder;
    bare_ranks ranks{3, {"run", folder / "run", "kill", "2", "4"}, folder / "log"};
    EXPECT_EQ(ranks.wait(2), -1);
    const auto lost = std::chrono::steady_clock::now();
    for (std::size_t r = 0; r < 2; ++r) {
        EXPECT_EQ(ranks.wait(r), 1);
        EXPECT_THAT(text_of(folder / ("log" + std::to_string(r))), HasSubstr("error: rank 2 of 3 is lost"));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - lost, std::chrono::seconds{30});
    EXPECT_TRUE(fs::exists(folder / "run/checkpoints/step-000003"));
}

TEST(ranks, name_a_rank_that_hangs) {
    const made_folder folder;
    bare_ranks ranks{2, {"run", folder / "run", "hang", "0", "2"}, folder / "log"};
    EXPECT_EQ(ranks.wait(1), 1);
    EXPECT_THAT(text_of(folder / "log1"), HasSubstr("error: rank 0 of 2 hangs"));
}

TEST(ranks, go_on_under_torchrun_after_one_was_killed) {
    const made_folder folder;
    const std::vector<float> expected = undisturbed(folder / "alone");
    const fs::path run = folder / "run";
    const command_result done =
        run_command(torchrun(2, "--max-restarts 1") + "run " + shell_word(run.string()) + " kill 1 7");
    EXPECT_EQ(done.status, 0) << done.output;
    EXPECT_THAT(done.output, HasSubstr("exitcode: -9"));  // it did happen
    EXPECT_LT(largest_difference(weights_of(run), expected), 1e-4);
    EXPECT_EQ(steps_of(run), all_steps());
}

class ranks_of_a_layout : public testing::TestWithParam<std::string> {};

TEST_P(ranks_of_a_layout, go_on_as_more_and_as_fewer_from_a_checkpoint) {
    const made_folder folder;
    const std::vector<float> expected = undisturbed(folder / "alone");
    const fs::path run = folder / "run";
    // Two ranks that share memory out stop in step 7, four that do not go on and stop in step 13, one ends the run.
    for (const int ranks : {2, 4}) {
        std::vector<std::string> arguments{"run", run, "throw", "1", "6"};
        if (ranks == 2) arguments.push_back(GetParam());
        bare_ranks group{ranks, arguments, folder / "log"};
        EXPECT_EQ(group.wait(0), 1) << text_of(folder / "log0");
    }
    EXPECT_TRUE(fs::exists(run / "checkpoints/step-000012"));
    const command_result rest = run_command(program + " run " + shell_word(run.string()));
    ASSERT_EQ(rest.status, 0) << rest.output;
    EXPECT_LT(largest_difference(weights_of(run), expected), 1e-4);
    EXPECT_EQ(steps_of(run), all_steps());
}

INSTANTIATE_TEST_SUITE_P(layouts, ranks_of_a_layout, testing::Values("sharded", "sharding"));

TEST(ranks, lose_nothing_when_killed_at_twenty_random_moments) {
    const made_folder folder;
    const std::vector<float> expected = undisturbed(folder / "alone");
    const fs::path run = folder / "run";
    const aha::random_stream random{{2026, 0, 0, 0}};
    int kills = 0;
    for (std::uint64_t attempt = 0; kills < 20; ++attempt) {
        ASSERT_LT(attempt, 60U) << "the run ends before it can be killed";
        if (fs::exists(run / "weights")) fs::remove_all(run);  // done: once more from the start
        bare_ranks ranks{2, {"run", run, "pause", "10"}, folder / "log"};
        ::usleep(static_cast<useconds_t>(100000 + random.below(2 * attempt, 1200000)));
        const auto victim = static_cast<std::size_t>(random.below(2 * attempt + 1, 2));
        ranks.kill(victim);
        kills += ranks.wait(victim) == -1 ? 1 : 0;
        ranks.kill(1 - victim);
    }
    bare_ranks last{2, {"run", run, "pause", "0"}, folder / "log"};
    EXPECT_EQ(last.wait(0), 0) << text_of(folder / "log0");
    EXPECT_EQ(last.wait(1), 0) << text_of(folder / "log1");
    EXPECT_LT(largest_difference(weights_of(run), expected), 1e-4);
    EXPECT_EQ(steps_of(run), all_steps());
}

TEST(ranks, sample_and_sift_to_the_file_of_one_process) {
    const made_folder folder;
    const command_result alone = run_command(program + " sift " + shell_word((folder / "one").string()) + " 8");
    ASSERT_EQ(alone.status, 0) << alone.output;
    const std::string expected = text_of(folder / "one" / "sft.jsonl");
    EXPECT_GT(std::count(expected.begin(), expected.end(), '\n'), 10);
    const fs::path run = folder / "run";
    for (const auto& [ranks, steps] : {std::pair{2, "3"}, {3, "6"}, {2, "8"}}) {  // gone on with as more and as fewer
        const command_result done = run_command(torchrun(ranks) + "sift " + shell_word(run.string()) + " " + steps);
        ASSERT_EQ(done.status, 0) << done.output;
    }
    EXPECT_EQ(text_of(run / "sft.jsonl"), expected);
}

}  // namespace
