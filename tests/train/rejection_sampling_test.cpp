#include <ATen/ATen.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <unistd.h>

#include <aha/data/jsonl_reader.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/io/examples_file.hpp>
#include <aha/io/folder_checkpoints.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/rejection_sampling.hpp>
#include <aha/train/run_training.hpp>

namespace {

namespace fs = std::filesystem;
using aha::testing::bandit;

struct named_filter {
    std::string called;
    std::function<bool(const aha::completion&)> keeps;
    std::string name() const { return called; }
    bool operator()(const aha::prompt&, const aha::completion& c) const { return keeps(c); }
};

/// A letter for each arm, so that completions have texts.
struct letters {
    std::vector<aha::token_id> encode(std::string_view text) const {
        std::vector<aha::token_id> ids;
        for (const char c : text) ids.push_back(c - 'a');
        return ids;
    }
    std::string decode(std::span<const aha::token_id> ids) const {
        std::string text;
        for (const aha::token_id id : ids) text += static_cast<char>('a' + id);
        return text;
    }
    std::vector<aha::token_id> end_ids() const { return {}; }
    std::int64_t vocabulary_size() const { return 4; }
};

aha::vector_prompts questions(std::int64_t epochs = 1) {
    std::vector<aha::prompt> all(12);
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].ids = {0};
        all[i].text = "q" + std::to_string(i);
        all[i].fields = {{"number", i}};
    }
    return aha::vector_prompts{all, {.shuffle = false, .epochs = epochs}};
}

const auto not_d = [](const aha::prompt&, const aha::completion& c) {
    return c.text.front() == 'd' ? std::optional<double>{} : std::optional{c.text.front() == 'a' ? 0.0 : 1.0};
};

auto sampling(const bandit& model, const aha::rejection_options& options, std::int64_t epochs = 1) {
    return aha::rejection_sampling{
        model,
        questions(epochs),
        not_d,
        options,
        aha::autoregressive_sampler{letters{}, aha::sampling_options{.max_new_tokens = 2}},
        named_filter{"ends_in_a", [](const aha::completion& c) { return c.text.back() != 'a'; }},
        named_filter{"has_b", [](const aha::completion& c) { return c.text.find('b') == std::string::npos; }}};
}

TEST(rejection_sampling, every_completion_is_counted_once_under_its_first_reason) {
    const bandit model{{0.0F, 0.1F, 0.2F, 0.0F}};
    auto rejection = sampling(model, {.samples = 64, .prompts_per_step = 3, .keep = 1, .seed = 5});
    const aha::step_report report = rejection.step();
    ASSERT_EQ(report.groups->size(), 3U);
    EXPECT_EQ(report.metric("sampled"), 3 * 64);
    double sum = 0;
    for (const char* name : {"wrong", "refused/ends_in_a", "refused/has_b", "duplicates", "surplus", "kept"}) {
        sum += report.metric(name);
        if (std::string_view{name} != "duplicates") {
            EXPECT_GT(report.metric(name), 0) << name;
        }
    }
    EXPECT_EQ(sum, report.metric("sampled"));
    EXPECT_EQ(report.metric("kept"), 3);
    for (const aha::rollout_group& group : *report.groups) {
        ASSERT_EQ(group.completions.size(), 1U);
        EXPECT_TRUE(group.completions[0].text == "cc" || group.completions[0].text == "cd");
        EXPECT_EQ(group.scores.size(), 1U);
    }
}

TEST(rejection_sampling, what_was_kept_once_is_a_duplicate_afterwards) {
    const bandit model{{0.0F, 0.1F, 0.2F, 0.0F}};
    auto rejection = sampling(model, {.samples = 64, .prompts_per_step = 12, .seed = 5}, 2);
    const aha::step_report first = rejection.step(), second = rejection.step();
    EXPECT_EQ(first.metric("kept"), 24) << "cc and cd for each prompt";
    EXPECT_GT(first.metric("duplicates"), 24);
    EXPECT_EQ(second.metric("kept"), 0);
    EXPECT_EQ(second.metric("kept/total"), 24);
    EXPECT_THROW(rejection.step(), aha::error);
    auto doubled = sampling(model, {.samples = 64, .prompts_per_step = 12, .deduplicate = false, .seed = 5});
    EXPECT_EQ(doubled.step().metric("kept"), first.metric("kept") + first.metric("duplicates"));
}

std::string bytes(const fs::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Runs all four steps in `folder`, going on from what is there.
aha::run_summary run(const fs::path& folder, std::function<bool()> interrupted) {
    const bandit model{{0.0F, 0.1F, 0.2F, 0.0F}};
    auto rejection = sampling(model, {.samples = 16, .prompts_per_step = 3, .seed = 8});
    aha::folder_checkpoints checkpoints{folder / "checkpoints"};
    aha::examples_file examples{folder / "sft.jsonl", [](const aha::prompt& p) { return p.text + "?"; }};
    return aha::run_training(rejection, checkpoints,
                             {.steps = 4, .checkpoint_every = 2, .resume = true, .interrupted = interrupted}, examples);
}

TEST(rejection_sampling, an_interrupted_run_writes_the_same_file_and_the_file_reads_back) {
    const fs::path folder = fs::temp_directory_path() / ("aha-rejection-" + std::to_string(::getpid()));
    fs::remove_all(folder);
    fs::create_directories(folder);
    run(folder / "a", [] { return false; });
    int asked = 0;
    EXPECT_TRUE(run(folder / "b", [&] { return ++asked == 3; }).interrupted);
    EXPECT_FALSE(run(folder / "b", [] { return false; }).interrupted);
    EXPECT_EQ(bytes(folder / "a" / "sft.jsonl"), bytes(folder / "b" / "sft.jsonl"));
    aha::jsonl_reader reader{folder / "a" / "sft.jsonl"};
    std::int64_t lines = 0;
    while (auto row = reader.next()) {
        ++lines;
        EXPECT_EQ(row->fields["prompt"], "q" + std::to_string(row->fields["row"]["number"].get<int>()) + "?");
        EXPECT_THAT(row->fields["completion"].get<std::string>(), testing::MatchesRegex("c[cd]"));
        EXPECT_EQ(row->fields["reward"], 1);
    }
    EXPECT_GT(lines, 12);
    fs::remove_all(folder);
}

TEST(rejection_sampling, a_filter_that_throws_leaves_all_as_it_was_and_the_same_prompts_come_again) {
    const bandit model{{0.0F, 0.1F, 0.2F, 0.0F}};
    const auto calls = std::make_shared<int>(-1);
    const auto with = [&](std::shared_ptr<int> left) {
        return aha::rejection_sampling{
            model,
            questions(),
            not_d,
            {.samples = 16, .prompts_per_step = 3, .seed = 5},
            aha::autoregressive_sampler{letters{}, aha::sampling_options{.max_new_tokens = 2}},
            named_filter{"fragile", [left](const aha::completion&) {
                             if ((*left)-- == 0) throw std::runtime_error{"the filter is broken"};
                             return true;
                         }}};
    };
    auto rejection = with(calls), straight = with(std::make_shared<int>(-1));
    rejection.step(), straight.step();
    const aha::state before = rejection.save();
    *calls = 20;  // after some of the step have been kept
    EXPECT_ANY_THROW(rejection.step());
    aha::state after = rejection.save();
    after.values["seconds"] = before.values.at("seconds");
    EXPECT_EQ(after.values, before.values);
    const aha::step_report again = rejection.step(), expected = straight.step();
    for (const char* name : {"sampled", "kept", "duplicates", "dropped", "kept/total", "num_tokens", "tokens/sampled"})
        EXPECT_EQ(again.metric(name), expected.metric(name)) << name;
    EXPECT_EQ(again.metric("dropped"), again.metric("sampled") - again.metric("kept"));
    EXPECT_EQ(again.metric("tokens/sampled"), 3 * 16 * 2);
    EXPECT_GT(again.metric("time/rollout"), 0);
}

}  // namespace
