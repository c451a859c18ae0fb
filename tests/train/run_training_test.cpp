#include <ATen/ATen.h>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <set>
#include <spawn.h>
#include <stdexcept>
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
#include <aha/train/sft.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/made_examples.hpp>
#include <tests/support/made_folder.hpp>
#include <tests/support/made_prompts.hpp>
#include <tests/support/small_decoder.hpp>

extern char** environ;

namespace {

namespace fs = std::filesystem;
using aha::test::made_folder;
using aha::test::made_prompts;
using aha::test::text_of;

aha::vector_prompts questions() {
    const auto ids = [](aha::token_id i) { return std::vector<aha::token_id>{i, 3}; };
    return aha::vector_prompts{made_prompts(10, ids), {.seed = 4}};
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

/// metrics.jsonl without what a clock measures.
std::vector<nlohmann::json> metrics(const fs::path& folder) {
    std::vector<nlohmann::json> lines;
    std::ifstream in{folder / "metrics.jsonl"};
    for (std::string line; std::getline(in, line);) {
        nlohmann::json one = nlohmann::json::parse(line);
        for (const char* timed :
             {"time/rollout", "time/reward", "time/reference", "time/train", "step_time", "seconds"})
            one.erase(timed);
        lines.push_back(one);
    }
    return lines;
}

void expect_same_run(const fs::path& a, const fs::path& b) {
    EXPECT_EQ(metrics(a).size(), 24U);
    EXPECT_EQ(metrics(a), metrics(b));
    EXPECT_FALSE(text_of(a / "weights").empty());
    EXPECT_TRUE(text_of(a / "weights") == text_of(b / "weights")) << "the final weights differ";
    EXPECT_TRUE(text_of(a / "completions.jsonl") == text_of(b / "completions.jsonl")) << "the completions differ";
}

template <class Tensor>
class resumed_run : public testing::Test {};
using both_types = testing::Types<aha::cpu<float>, aha::cpu<aha::bfloat16>>;
TYPED_TEST_SUITE(resumed_run, both_types);

TYPED_TEST(resumed_run, interrupted_and_resumed_equals_uninterrupted) {
    const made_folder folder;
    train<TypeParam>(folder / "a");
    int asked = 0;
    const aha::run_summary first = train<TypeParam>(folder / "b", [&] { return ++asked == 7; });
    EXPECT_TRUE(first.interrupted);
    EXPECT_EQ(first.steps, 7);
    EXPECT_FALSE(train<TypeParam>(folder / "b").interrupted);
    expect_same_run(folder / "a", folder / "b");
}

/// Trains in the folder that AHA_TEST_CHILD_FOLDER names, as processes of the test below do, which kill themselves with
/// SIGKILL after AHA_TEST_CHILD_MICROSECONDS; without the variables in a folder of its own, to the end.
TEST(run_training, in_a_process_that_may_be_killed) {
    const char* const folder = std::getenv("AHA_TEST_CHILD_FOLDER");
    const char* const microseconds = std::getenv("AHA_TEST_CHILD_MICROSECONDS");
    // Only without the variables: a process that is killed would leave its folder behind.
    std::optional<made_folder> own;
    if (folder == nullptr) own.emplace();
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
    EXPECT_EQ(train(folder != nullptr ? fs::path{folder} : *own / "a").steps, 24);
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
    const made_folder whole, parts;
    train(whole / "a");
    const aha::random_stream random{{20, 0, 0, 0}};
    int kills = 0;
    bool done = false;
    double longest = 20000;
    for (std::uint64_t attempt = 0; attempt < 20 && !done; ++attempt, longest *= 1.3) {
        const int status = run_child(parts / "b", 1 + random.below(attempt, static_cast<std::uint64_t>(longest)));
        done = WIFEXITED(status);
        ASSERT_TRUE(done ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL) << "the child failed by itself";
        kills += done ? 0 : 1;
    }
    EXPECT_GT(kills, 1);
    // On a machine too slow for any of them to end, the last one is left alone.
    EXPECT_TRUE(done || run_child(parts / "b", std::nullopt) == 0);
    expect_same_run(whole / "a", parts / "b");
}

TEST(run_training, a_run_that_is_already_done_is_left_alone) {
    const made_folder folder;
    train(folder / "a");
    const std::string weights = text_of(folder / "a" / "weights");
    const auto before = metrics(folder / "a");
    EXPECT_EQ(train(folder / "a").steps, 24);
    EXPECT_EQ(text_of(folder / "a" / "weights"), weights);
    EXPECT_EQ(metrics(folder / "a"), before);
}

TEST(run_training, options_that_make_no_sense_are_named) {
    EXPECT_THROW(aha::run_options{.steps = 0}.validate(), aha::error);
    EXPECT_THROW(aha::run_options{.checkpoint_every = -1}.validate(), aha::error);
}

const aha::sft_options four{.batch_size = 4, .rows = {.row_tokens = 64, .seed = 2}};

/// Keeps what observers are told.
struct recorder {
    aha::run_info info;
    std::optional<aha::run_summary> summary;
    std::vector<std::int64_t> steps;
    void on_start(const aha::run_info& told) { info = told; }
    void on_step(const aha::step_report& report) { steps.push_back(report.step); }
    void on_end(const aha::run_summary& told) { summary = told; }
};

TEST(run_training, lasts_as_long_as_the_trainers_data_unless_told_otherwise) {
    for (const std::size_t examples : {60, 400}) {
        const made_folder folder;
        auto model = aha::test::small_model();
        aha::sft trainer{model, aha::test::made_examples(examples), four};
        aha::folder_checkpoints store{folder};
        recorder seen;
        EXPECT_EQ(aha::run_training(trainer, store, {}, seen).steps, trainer.total_steps());
        EXPECT_EQ(trainer.steps_done(), static_cast<std::int64_t>(examples) / 4);
        EXPECT_EQ(seen.info.total_steps, trainer.total_steps());
        EXPECT_EQ(store.latest_step(), trainer.total_steps());
    }
}

TEST(run_training, more_steps_than_the_data_makes_are_refused_at_the_start) {
    const made_folder folder;
    auto model = aha::test::small_model();
    aha::sft trainer{model, aha::test::made_examples(60), four};
    aha::folder_checkpoints store{folder};
    EXPECT_THAT(aha::test::complaint([&] { aha::run_training(trainer, store, {.steps = 40}); }),
                testing::HasSubstr("a run of 40 steps was asked for, but the trainer's data ends after 15"));
    EXPECT_EQ(trainer.steps_done(), 0);
    EXPECT_EQ(aha::run_training(trainer, store, {.steps = 10}).steps, 10);
}

TEST(run_training, says_that_a_run_is_already_done) {
    const made_folder folder;
    const auto run = [&](recorder& seen) {
        auto model = aha::test::small_model();
        aha::sft trainer{model, aha::test::made_examples(20), four};
        aha::folder_checkpoints store{folder};
        return aha::run_training(trainer, store, {.resume = true}, seen);
    };
    recorder first, second;
    const aha::run_summary before = run(first), after = run(second);
    EXPECT_FALSE(before.already_done);
    EXPECT_TRUE(after.already_done);
    EXPECT_EQ(after.steps, 5);
    EXPECT_GT(after.seconds, 0) << "those of the run before";
    EXPECT_TRUE(second.summary->already_done);
    EXPECT_THAT(second.steps, testing::IsEmpty());
}

TEST(run_training, notes_say_what_becomes_of_the_learning_rate) {
    const made_folder folder;
    const auto run = [&](std::int64_t steps, std::int64_t decay) {
        auto model = aha::test::small_model();
        aha::sft trainer{model, aha::test::made_examples(60), four,
                         aha::warmup_schedule{{.total_steps = decay, .shape = aha::decay_shape::cosine, .floor = 0.1}}};
        aha::folder_checkpoints store{folder};
        recorder seen;
        aha::run_training(trainer, store, {.steps = steps, .resume = true}, seen);
        return seen.info.notes;
    };
    EXPECT_THAT(run(4, 4), testing::IsEmpty());
    EXPECT_THAT(run(8, 4), testing::ElementsAre(testing::HasSubstr("decay ends at step 4, the run at step 8: the steps "
                                                                   "between have 10.0% of the peak rate")));
    EXPECT_THAT(run(12, 12), testing::ElementsAre(testing::HasSubstr("ends at step 12 (before: ends at step 4)")));
}

/// A grpo trainer of a bandit, whose reward throws at a step while `broken` is that step.
template <class Use>
void with_fragile_trainer(const std::shared_ptr<int>& broken, Use use) {
    aha::testing::bandit model{{0.1F, 0.2F}};
    std::vector<aha::prompt> all(64);
    for (aha::prompt& p : all) p.ids = {0};
    aha::grpo trainer{
        model, aha::vector_prompts{all, {.shuffle = false, .epochs = 1}},
        [broken](const aha::prompt& p, const aha::completion& c) {
            if (*broken > 0 && p.index / 8 + 1 == *broken) throw std::runtime_error{"no verifier today"};
            return c.ids.front() == 0 ? 1.0 : 0.0;
        },
        aha::grpo_options{.learning_rate = 0.1, .seed = 3},
        aha::autoregressive_sampler{aha::testing::arm_tokenizer{2}, aha::sampling_options{.max_new_tokens = 1}}};
    use(trainer);
}

TEST(run_training, an_exception_in_a_step_leaves_a_checkpoint_of_the_steps_done) {
    const made_folder folder;
    const auto broken = std::make_shared<int>(4);
    recorder seen;
    const auto run = [&](const fs::path& where, aha::run_options options, recorder& watching) {
        with_fragile_trainer(broken, [&](auto& trainer) {
            aha::folder_checkpoints store{where};
            options.steps = 8;
            aha::run_training(trainer, store, options, watching);
            std::ofstream{where / "end"} << nlohmann::json(
                trainer.save().tensors.at("weights").sum().template item<double>());
        });
    };
    EXPECT_THAT(aha::test::complaint([&] { run(folder / "a", {}, seen); }), testing::HasSubstr("no verifier today"));
    EXPECT_EQ(aha::folder_checkpoints{folder / "a"}.latest_step(), 3);
    ASSERT_TRUE(seen.summary.has_value());
    EXPECT_EQ(seen.summary->steps, 3);
    EXPECT_THAT(seen.summary->failure, testing::HasSubstr("no verifier today"));
    *broken = 0;
    run(folder / "a", {.resume = true}, seen);
    EXPECT_THAT(seen.steps, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
    EXPECT_EQ(seen.summary->failure, "");
    recorder other;
    run(folder / "b", {}, other);
    EXPECT_EQ(text_of(folder / "a" / "end"), text_of(folder / "b" / "end")) << "the step was taken anew, whole";
}

TEST(run_training, an_exception_of_an_observer_leaves_a_checkpoint_of_the_steps_done) {
    const made_folder folder;
    struct full_disk {
        int at;
        void on_step(const aha::step_report& report) const {
            if (report.step == at) throw aha::error{"the disk is full"};
        }
    };
    const auto run = [&](int fails_at, aha::run_options options, recorder& seen) {
        with_fragile_trainer(std::make_shared<int>(0), [&](auto& trainer) {
            aha::folder_checkpoints store{folder};
            const full_disk disk{fails_at};
            options.steps = 8;
            aha::run_training(trainer, store, options, seen, disk);
        });
    };
    recorder seen;
    EXPECT_THAT(aha::test::complaint([&] { run(5, {}, seen); }), testing::HasSubstr("the disk is full"));
    EXPECT_EQ(aha::folder_checkpoints{folder}.latest_step(), 5);
    ASSERT_TRUE(seen.summary.has_value());
    EXPECT_THAT(seen.summary->failure, testing::HasSubstr("the disk is full"));
    run(0, {.resume = true}, seen);
    EXPECT_THAT(seen.steps, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8)) << "no step is taken twice";
    EXPECT_EQ(seen.summary->failure, "");
}

TEST(run_training, a_checkpoint_that_cannot_be_written_is_told_to_observers) {
    struct full {
        void save(std::int64_t, const aha::state&) { throw aha::error{"the disk is full"}; }
        std::optional<std::pair<std::int64_t, aha::state>> load_latest() { return std::nullopt; }
    };
    with_fragile_trainer(std::make_shared<int>(0), [&](auto& trainer) {
        full store;
        recorder seen;
        EXPECT_THAT(aha::test::complaint([&] { aha::run_training(trainer, store, {.checkpoint_every = 2}, seen); }),
                    testing::HasSubstr("the disk is full"));
        ASSERT_TRUE(seen.summary.has_value());
        EXPECT_THAT(seen.summary->failure, testing::HasSubstr("the disk is full"));
        EXPECT_THAT(seen.steps, testing::ElementsAre(1, 2));
    });
}

TEST(run_training, the_first_exception_arrives_though_saving_and_observers_fail_too) {
    struct full {
        void save(std::int64_t, const aha::state&) { throw aha::error{"the disk is full"}; }
        std::optional<std::pair<std::int64_t, aha::state>> load_latest() { return std::nullopt; }
    };
    struct weary {
        void on_end(const aha::run_summary&) { throw aha::error{"the observer is tired"}; }
    };
    with_fragile_trainer(std::make_shared<int>(3), [&](auto& trainer) {
        full store;
        weary watching;
        recorder seen;
        EXPECT_THAT(aha::test::complaint([&] { aha::run_training(trainer, store, {}, watching, seen); }),
                    testing::HasSubstr("no verifier today"));
        ASSERT_TRUE(seen.summary.has_value());
        EXPECT_EQ(seen.summary->steps, 0);
    });
}

TEST(run_training, two_runs_in_one_folder_are_refused) {
    const made_folder folder;
    /// Begins a second run in the same folder.
    struct second_run {
        fs::path folder;
        std::string refused;
        void on_step(const aha::step_report& report) {
            if (report.step != 2) return;
            auto model = aha::test::small_model();
            aha::sft trainer{model, aha::test::made_examples(20), four};
            aha::folder_checkpoints store{folder};
            refused = aha::test::complaint([&] { aha::run_training(trainer, store, {.resume = true}); });
            EXPECT_EQ(trainer.steps_done(), 0);
        }
    } again{folder, ""};
    auto model = aha::test::small_model();
    aha::sft trainer{model, aha::test::made_examples(20), four};
    aha::folder_checkpoints store{folder};
    aha::run_training(trainer, store, {.checkpoint_every = 1}, again);
    EXPECT_THAT(again.refused, testing::AllOf(testing::HasSubstr(folder.path().string()),
                                              testing::HasSubstr(std::to_string(::getpid()))));
    again.refused.clear();
    aha::folder_checkpoints later{folder};
    EXPECT_TRUE(aha::run_training(trainer, later, {.resume = true}).already_done) << "the lock ends with its run";
}

TEST(run_training, a_run_that_begins_anew_keeps_what_a_run_before_it_saved) {
    const made_folder folder;
    const auto run = [&](std::int64_t steps, bool resume) {
        auto model = aha::test::small_model();
        aha::sft trainer{model, aha::test::made_examples(20), four};
        aha::folder_checkpoints store{folder};
        aha::run_training(trainer, store, {.steps = steps, .checkpoint_every = 2, .resume = resume});
    };
    const auto names = [&] {
        std::set<std::string> found;
        for (const auto& one : fs::directory_iterator{folder}) found.insert(one.path().filename().string());
        found.erase("run.lock");
        return found;
    };
    run(4, false);
    run(5, true);
    EXPECT_THAT(names(), testing::ElementsAre("step-000004", "step-000005"));
    run(4, false);
    EXPECT_THAT(names(),
                testing::ElementsAre("step-000002", "step-000004", "step-000004.replaced-1", "step-000005.replaced-1"));
}

}  // namespace
