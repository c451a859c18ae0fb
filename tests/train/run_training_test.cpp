#include <ATen/ATen.h>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <aha/core/random.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/io/completions_file.hpp>
#include <aha/io/folder_checkpoints.hpp>
#include <aha/io/metrics_file.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/grpo.hpp>
#include <aha/train/run_training.hpp>
#include <tests/support/small_decoder.hpp>

extern char** environ;

namespace {

namespace fs = std::filesystem;

/// A folder of the test's own, gone when the test is.
struct temporary_folder {
    fs::path path = fs::temp_directory_path() / ("aha-run-" + std::to_string(::getpid()) + "-" +
                                                 ::testing::UnitTest::GetInstance()->current_test_info()->name());
    temporary_folder() { fs::create_directories(path); }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() { fs::remove_all(path); }
};

aha::vector_prompts questions() {
    std::vector<aha::prompt> all(10);
    for (std::size_t i = 0; i < all.size(); ++i) all[i].ids = {static_cast<aha::token_id>(i), 3};
    return aha::vector_prompts{all, {.seed = 4}};
}

/// Trains in `folder`, going on from what is there, with everything that a checkpoint must hold in use: several updates
/// a rollout, a KL term with a refreshed reference, a decaying schedule, shuffled prompts.
template <class Tensor = aha::cpu<float>>
aha::run_summary train(
    const fs::path& folder, std::function<bool()> interrupted = [] { return false; }) {
    aha::decoder<Tensor> model = aha::test::small_model<Tensor>();
    const auto even = [](const aha::prompt&, const aha::completion& c) { return c.ids.back() % 2 == 0 ? 1.0 : 0.0; };
    aha::grpo trainer{
        model,
        questions(),
        even,
        {.prompts_per_step = 3,
         .group_size = 4,
         .learning_rate = 1e-2,
         .minibatches = 3,
         .inner_epochs = 2,
         .reference_refresh = 5,
         .seed = 2},
        aha::autoregressive_sampler{aha::testing::arm_tokenizer{31}, aha::sampling_options{.max_new_tokens = 3}},
        aha::grpo_loss{{.beta = 0.05}},
        aha::adamw{{.weight_decay = 0.1}},
        aha::warmup_schedule{{.warmup_steps = 2, .total_steps = 24, .shape = aha::decay_shape::cosine}}};
    aha::folder_checkpoints checkpoints{folder / "checkpoints"};
    aha::metrics_file metrics{folder};
    aha::completions_file completions{folder};
    const aha::run_summary done = aha::run_training(
        trainer, checkpoints, {.steps = 24, .checkpoint_every = 3, .resume = true, .interrupted = interrupted}, metrics,
        completions);
    if (!done.interrupted) {
        std::ofstream weights{folder / "weights", std::ios::binary};
        const at::Tensor& w = model.weights().values();
        weights.write(reinterpret_cast<const char*>(w.const_data_ptr<float>()),
                      static_cast<std::streamsize>(w.nbytes()));
    }
    return done;
}

std::string bytes(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// metrics.jsonl without what a clock measures.
std::vector<nlohmann::json> metrics(const fs::path& folder) {
    std::vector<nlohmann::json> lines;
    std::ifstream in{folder / "metrics.jsonl"};
    for (std::string line; std::getline(in, line);) {
        nlohmann::json one = nlohmann::json::parse(line);
        for (const char* timed : {"time/rollout", "time/reward", "time/train", "step_time", "seconds"})
            one.erase(timed);
        lines.push_back(one);
    }
    return lines;
}

void expect_same_run(const fs::path& a, const fs::path& b) {
    EXPECT_EQ(metrics(a).size(), 24U);
    EXPECT_EQ(metrics(a), metrics(b));
    EXPECT_FALSE(bytes(a / "weights").empty());
    EXPECT_TRUE(bytes(a / "weights") == bytes(b / "weights")) << "the final weights differ";
    EXPECT_TRUE(bytes(a / "completions.jsonl") == bytes(b / "completions.jsonl")) << "the completions differ";
}

template <class Tensor>
class resumed_run : public testing::Test {};
using both_types = testing::Types<aha::cpu<float>, aha::cpu<aha::bfloat16>>;
TYPED_TEST_SUITE(resumed_run, both_types);

TYPED_TEST(resumed_run, interrupted_and_resumed_equals_uninterrupted) {
    const temporary_folder folder;
    train<TypeParam>(folder.path / "a");
    int asked = 0;
    const aha::run_summary first = train<TypeParam>(folder.path / "b", [&] { return ++asked == 7; });
    EXPECT_TRUE(first.interrupted);
    EXPECT_EQ(first.steps, 7);
    EXPECT_FALSE(train<TypeParam>(folder.path / "b").interrupted);
    expect_same_run(folder.path / "a", folder.path / "b");
}

/// Trains in the folder that AHA_TEST_CHILD_FOLDER names, as processes of the test below do, which kill themselves with
/// SIGKILL after AHA_TEST_CHILD_MICROSECONDS; without the variables in a folder of its own, to the end.
TEST(run_training, in_a_process_that_may_be_killed) {
    const char* const folder = std::getenv("AHA_TEST_CHILD_FOLDER");
    const char* const microseconds = std::getenv("AHA_TEST_CHILD_MICROSECONDS");
    const temporary_folder own;
    if (microseconds != nullptr) {
        sigevent kill_us{};
        kill_us.sigev_notify = SIGEV_SIGNAL;
        kill_us.sigev_signo = SIGKILL;
        timer_t timer{};
        ASSERT_EQ(timer_create(CLOCK_MONOTONIC, &kill_us, &timer), 0);
        const long wait = std::atol(microseconds);
        const itimerspec when{{0, 0}, {wait / 1000000, wait % 1000000 * 1000}};
        ASSERT_EQ(timer_settime(timer, 0, &when, nullptr), 0);
    }
    EXPECT_EQ(train(folder != nullptr ? fs::path{folder} : own.path / "a").steps, 24);
}

/// Runs the test above in a process of its own. @return its status, as waitpid gives it
int run_child(const fs::path& folder, std::optional<std::uint64_t> microseconds) {
    ::setenv("AHA_TEST_CHILD_FOLDER", folder.c_str(), 1);
    if (microseconds) ::setenv("AHA_TEST_CHILD_MICROSECONDS", std::to_string(*microseconds).c_str(), 1);
    else ::unsetenv("AHA_TEST_CHILD_MICROSECONDS");
    std::vector<std::string> words{"child", "--gtest_filter=run_training.in_a_process_that_may_be_killed",
                                   "--gtest_brief=1", "--gtest_output="};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t child = 0;
    int status = -1;
    const bool started = posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ) == 0;
    EXPECT_TRUE(started && waitpid(child, &status, 0) == child);
    ::unsetenv("AHA_TEST_CHILD_FOLDER");
    ::unsetenv("AHA_TEST_CHILD_MICROSECONDS");
    return status;
}

TEST(run_training, killed_at_random_moments_and_resumed_equals_uninterrupted) {
    const temporary_folder whole, parts;
    train(whole.path / "a");
    const aha::random_stream random{{20, 0, 0, 0}};
    int kills = 0;
    bool done = false;
    double longest = 20000;
    for (std::uint64_t attempt = 0; attempt < 20 && !done; ++attempt, longest *= 1.3) {
        const int status = run_child(parts.path / "b", 1 + random.below(attempt, static_cast<std::uint64_t>(longest)));
        done = WIFEXITED(status);
        ASSERT_TRUE(done ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL) << "the child failed by itself";
        kills += done ? 0 : 1;
    }
    EXPECT_GT(kills, 1);
    // On a machine too slow for any of them to end, the last one is left alone.
    EXPECT_TRUE(done || run_child(parts.path / "b", std::nullopt) == 0);
    expect_same_run(whole.path / "a", parts.path / "b");
}

TEST(run_training, a_run_that_is_already_done_is_left_alone) {
    const temporary_folder folder;
    train(folder.path / "a");
    const std::string weights = bytes(folder.path / "a" / "weights");
    const auto before = metrics(folder.path / "a");
    EXPECT_EQ(train(folder.path / "a").steps, 24);
    EXPECT_EQ(bytes(folder.path / "a" / "weights"), weights);
    EXPECT_EQ(metrics(folder.path / "a"), before);
}

TEST(run_training, options_that_make_no_sense_are_named) {
    EXPECT_THROW(aha::run_options{.steps = 0}.validate(), aha::error);
    EXPECT_THROW(aha::run_options{.checkpoint_every = -1}.validate(), aha::error);
}

}  // namespace
