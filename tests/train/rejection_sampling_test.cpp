#include <ATen/ATen.h>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <aha/data/jsonl_reader.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/io/examples_file.hpp>
#include <aha/io/folder_checkpoints.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/testing/scripted_sampler.hpp>
#include <aha/testing/symbol_tokenizer.hpp>
#include <aha/data/read_examples.hpp>
#include <aha/train/rejection_sampling.hpp>
#include <aha/train/run_training.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>
#include <tests/support/made_prompts.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

namespace fs = std::filesystem;
using aha::test::made_folder;
using aha::test::made_prompts;
using aha::test::text_of;
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
    auto rejection =
        sampling(model, {.samples = 64, .prompts_per_step = 3, .keep_truncated = true, .keep = 1, .seed = 5});
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
    auto rejection = sampling(model, {.samples = 64, .prompts_per_step = 12, .keep_truncated = true, .seed = 5}, 2);
    const aha::step_report first = rejection.step(), second = rejection.step();
    EXPECT_EQ(first.metric("kept"), 24) << "cc and cd for each prompt";
    EXPECT_GT(first.metric("duplicates"), 24);
    EXPECT_EQ(second.metric("kept"), 0);
    EXPECT_EQ(second.metric("kept/total"), 24);
    EXPECT_THROW(rejection.step(), aha::error);
    auto doubled = sampling(
        model, {.samples = 64, .prompts_per_step = 12, .keep_truncated = true, .deduplicate = false, .seed = 5});
    EXPECT_EQ(doubled.step().metric("kept"), first.metric("kept") + first.metric("duplicates"));
}

/// Runs all four steps in `folder`, going on from what is there.
aha::run_summary run(const fs::path& folder, std::function<bool()> interrupted) {
    const bandit model{{0.0F, 0.1F, 0.2F, 0.0F}};
    auto rejection = sampling(model, {.samples = 16, .prompts_per_step = 3, .keep_truncated = true, .seed = 8});
    aha::folder_checkpoints checkpoints{folder / "checkpoints"};
    aha::examples_file examples{folder / "sft.jsonl", [](const aha::prompt& p) { return p.text + "?"; }};
    return aha::run_training(rejection, checkpoints,
                             {.steps = 4, .checkpoint_every = 2, .resume = true, .interrupted = interrupted}, examples);
}

TEST(rejection_sampling, an_interrupted_run_writes_the_same_file_and_the_file_reads_back) {
    const made_folder folder;
    run(folder / "a", [] { return false; });
    int asked = 0;
    EXPECT_TRUE(run(folder / "b", [&] { return ++asked == 3; }).interrupted);
    EXPECT_FALSE(run(folder / "b", [] { return false; }).interrupted);
    EXPECT_EQ(text_of(folder / "a" / "sft.jsonl"), text_of(folder / "b" / "sft.jsonl"));
    aha::jsonl_reader reader{folder / "a" / "sft.jsonl"};
    std::int64_t lines = 0;
    while (auto row = reader.next()) {
        ++lines;
        EXPECT_EQ(row->fields["prompt"], "q" + std::to_string(row->fields["row"]["number"].get<int>()) + "?");
        EXPECT_THAT(row->fields["completion"].get<std::string>(), testing::MatchesRegex("c[cd]"));
        EXPECT_EQ(row->fields["reward"], 1);
    }
    EXPECT_GT(lines, 12);
}

TEST(rejection_sampling, a_filter_that_throws_leaves_all_as_it_was_and_the_same_prompts_come_again) {
    const bandit model{{0.0F, 0.1F, 0.2F, 0.0F}};
    const auto calls = std::make_shared<int>(-1);
    const auto with = [&](std::shared_ptr<int> left) {
        return aha::rejection_sampling{
            model,
            questions(),
            not_d,
            {.samples = 16, .prompts_per_step = 3, .keep_truncated = true, .seed = 5},
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

using aha::test::complaint;
using aha::test::small_model;
using testing::HasSubstr;

/// 30 letters, and token 30, which ends a text.
aha::testing::symbol_tokenizer alphabet() {
    std::vector<std::string> symbols;
    for (int i = 0; i < 30; ++i) symbols.emplace_back(1, static_cast<char>(i < 26 ? 'a' + i : '0' + i - 26));
    return aha::testing::symbol_tokenizer{symbols};
}

using told = aha::testing::scripted_sampler<aha::testing::symbol_tokenizer>;
constexpr auto right = [](const aha::prompt&, const aha::completion&) { return 1.0; };

/// Prompts of three tokens, the first their number; without a text unless `texts`.
aha::vector_prompts numbered(std::size_t count, bool texts, std::int64_t epochs = 1) {
    auto all = made_prompts(count, [](aha::token_id i) { return std::vector<aha::token_id>{i, 3, 4}; });
    if (texts)
        for (aha::prompt& p : all) p.text = alphabet().decode(p.ids);
    return aha::vector_prompts{all, {.shuffle = false, .epochs = epochs}};
}

TEST(rejection_sampling, prompts_given_as_tokens_are_duplicates_by_their_tokens) {
    const auto model = small_model();
    for (const bool texts : {false, true}) {
        aha::rejection_sampling rejection{model,
                                          numbered(4, texts, 2),
                                          right,
                                          {.samples = 3, .prompts_per_step = 4},
                                          told{alphabet(), {{5, 30}, {7, 30}, {5, 30}}}};
        const aha::step_report first = rejection.step(), second = rejection.step();
        EXPECT_EQ(first.metric("kept"), 8) << texts;
        EXPECT_EQ(first.metric("duplicates"), 4) << texts;
        EXPECT_EQ(second.metric("kept"), 0) << texts;
        EXPECT_EQ(second.metric("duplicates"), 12) << texts;
    }
}

/// A model of which no more is asked than a tokenizer and, for messages, a chat template.
struct reader_of_letters {
    aha::testing::symbol_tokenizer tokenizer = alphabet();
    std::optional<aha::chat_template> chat = std::nullopt;
};

/// What is learned of the rows that `rejection` writes in one step.
template <class Rejection>
std::vector<aha::supervised_example> written(Rejection& rejection, const fs::path& folder) {
    aha::examples_file out{folder / "sft.jsonl"};
    aha::folder_checkpoints store{folder / "checkpoints"};
    aha::run_training(rejection, store, {.steps = 1}, out);
    return aha::read_examples(reader_of_letters{}, folder / "sft.jsonl").records;
}

TEST(rejection_sampling, empty_and_truncated_answers_are_dropped_and_counted_or_kept_as_they_ended) {
    const auto model = small_model();
    const told script{alphabet(), {{30}, {5, 6}, {5, 6, 30}, {5, 6, 30}}};
    aha::rejection_options options{.samples = 4, .prompts_per_step = 2};
    for (const bool texts : {false, true}) {
        const made_folder folder;
        aha::rejection_sampling dropping{model, numbered(2, texts), right, options, script};
        const aha::step_report dropped = dropping.step();
        EXPECT_EQ(dropped.metric("empty"), 2);
        EXPECT_EQ(dropped.metric("truncated"), 2);
        EXPECT_EQ(dropped.metric("duplicates"), 2);
        EXPECT_EQ(dropped.metric("kept"), 2);

        aha::rejection_options all = options;
        all.keep_empty = all.keep_truncated = true;
        aha::rejection_sampling keeping{model, numbered(2, texts), right, all, script};
        const std::vector<aha::supervised_example> examples = written(keeping, folder);
        ASSERT_EQ(examples.size(), 6U) << "what ended and what was cut are not the same";
        for (std::size_t p = 0; p < 2; ++p) {
            const auto number = static_cast<aha::token_id>(p);
            EXPECT_EQ(examples[3 * p].ids, (std::vector<aha::token_id>{number, 3, 4, 30}));
            EXPECT_EQ(examples[3 * p + 1].ids, (std::vector<aha::token_id>{number, 3, 4, 5, 6}))
                << "no end that the model did not write";
            EXPECT_EQ(examples[3 * p + 2].ids, (std::vector<aha::token_id>{number, 3, 4, 5, 6, 30}));
            EXPECT_EQ(examples[3 * p + 2].loss_mask, (std::vector<std::uint8_t>{0, 0, 0, 1, 1, 1}));
        }
    }
}

TEST(rejection_sampling, white_space_alone_is_empty) {
    const auto model = small_model();
    aha::rejection_sampling rejection{model,
                                      numbered(1, true),
                                      right,
                                      {.samples = 1, .prompts_per_step = 1},
                                      told{aha::testing::symbol_tokenizer{{" ", "\n", "a"}}, {{0, 1, 0, 3}}}};
    EXPECT_EQ(rejection.step().metric("empty"), 1);
}

/// A small model with the tokenizer that reads its prompts.
struct letters_model {
    aha::decoder<aha::cpu<float>> model = small_model(16);
    aha::testing::symbol_tokenizer tokenizer = alphabet();
};

TEST(rejection_sampling, a_prompt_that_was_cut_is_written_as_what_was_read) {
    const made_folder folder;
    const letters_model source;
    aha::rejection_sampling rejection{
        source,
        aha::vector_prompts{std::vector<std::string>{"abcdefgh"}, {.epochs = 1}},
        right,
        {.samples = 1, .prompts_per_step = 1, .prompt_limit = {.long_prompts = aha::overlong::cut, .max_tokens = 3}},
        told{alphabet(), {{5, 30}}}};
    EXPECT_EQ(written(rejection, folder).at(0).ids, (std::vector<aha::token_id>{5, 6, 7, 5, 30}));
}

TEST(rejection_sampling, a_reward_that_fails_follows_its_options) {
    const auto model = small_model();
    const told script{alphabet(), {{5, 30}, {7, 30}}};
    const auto once = [] {
        return [n = std::make_shared<std::atomic<int>>(0)](const aha::prompt&, const aha::completion&) {
            if (++*n == 3) throw std::runtime_error{"third call"};
            return 1.0;
        };
    };
    std::vector<std::string> lines;
    aha::reward_options rule{.threads = 1, .report = [&](const std::string& line) { lines.push_back(line); }};
    const aha::rejection_options options{.samples = 2, .prompts_per_step = 2, .min_reward = 0};
    const auto run = [&](const auto& reward) {
        aha::rejection_sampling rejection{model, numbered(2, true), reward, options, script, rule};
        return rejection.step();
    };
    EXPECT_THAT(complaint([&] { run(once()); }), HasSubstr("prompt 1, sample 0: the reward threw: third call"));
    rule.on_failure = aha::failure_rule::not_applicable;
    EXPECT_EQ(run(once()).metric("wrong"), 1);
    rule.on_failure = aha::failure_rule::score_zero;
    EXPECT_EQ(run(once()).metric("kept"), 4);
    EXPECT_EQ(lines.size(), 2U);

    rule.deadline_seconds = 1;
    rule.on_failure = aha::failure_rule::not_applicable;
    const auto ends = std::make_shared<std::atomic<bool>>(false);
    const aha::step_report late = run([ends](const aha::prompt& p, const aha::completion& c) {
        if (p.index == 1 && c.ids[0] == 7) ends->wait(false);
        return 1.0;
    });
    *ends = true;
    ends->notify_all();
    EXPECT_EQ(late.metric("wrong"), 1);
    EXPECT_EQ(late.metric("kept"), 3);
    EXPECT_THAT(lines.back(), HasSubstr("prompt 1, sample 1"));
    rule.deadline_seconds = -1;
    EXPECT_THAT(complaint([&] { run(right); }), HasSubstr("deadline_seconds must be 0 (none) or more, not -1"));
}

/// Threads of this process as ranks: they meet in every call.
class thread_ranks {
    struct shared {
        std::mutex mutex;
        std::condition_variable changed;
        std::vector<std::string> told, given;
        int arrived = 0;
        std::int64_t round = 0;
    };

public:
    thread_ranks(int rank, int size) : rank_{rank}, size_{size}, shared_{std::make_shared<shared>()} {}
    thread_ranks as(int rank) const {
        thread_ranks other = *this;
        other.rank_ = rank;
        return other;
    }

    int rank() const { return rank_; }
    int size() const { return size_; }
    std::vector<std::string> all_gather(const std::string& bytes) const {
        std::unique_lock lock{shared_->mutex};
        shared_->told.resize(static_cast<std::size_t>(size_));
        shared_->told[static_cast<std::size_t>(rank_)] = bytes;
        const std::int64_t mine = shared_->round;
        if (++shared_->arrived == size_) {
            shared_->given = shared_->told;
            shared_->arrived = 0;
            ++shared_->round;
            shared_->changed.notify_all();
        }
        shared_->changed.wait(lock, [&] { return shared_->round > mine; });
        return shared_->given;
    }
    void all_reduce(const at::Tensor&) const { aha::fail("nothing to add up here"); }
    void broadcast(const at::Tensor&, int) const { aha::fail("nothing to hand out here"); }

private:
    int rank_, size_;
    std::shared_ptr<shared> shared_;
};

/// Letters of random lengths, some of them cut; right where the last is even.
void sift_as(const thread_ranks& ranks, const fs::path& folder, std::int64_t steps,
             std::atomic<int>* judged = nullptr) {
    const auto model = small_model(64, 0.5);
    const auto even = [judged](const aha::prompt&, const aha::completion& c) {
        if (judged != nullptr) ++*judged;
        return c.ids.front() % 2 == 0 ? 1.0 : 0.0;
    };
    aha::rejection_sampling rejection{model,
                                      numbered(12, false, 3),
                                      even,
                                      {.samples = 4, .prompts_per_step = 5, .keep_truncated = true, .seed = 3},
                                      ranks,
                                      aha::reward_options{.threads = 1},
                                      named_filter{"has_b", [](const aha::completion& c) { return c.text[0] != 'b'; }},
                                      aha::autoregressive_sampler{alphabet(), {.max_new_tokens = 3}}};
    aha::folder_checkpoints checkpoints{folder / "checkpoints"};
    aha::examples_file examples{folder / "sft.jsonl"};
    aha::run_training(rejection, checkpoints, {.steps = steps, .checkpoint_every = 2, .resume = true}, examples);
}

TEST(rejection_sampling, any_number_of_ranks_writes_the_file_of_one) {
    const made_folder folder;
    sift_as(thread_ranks{0, 1}, folder / "one", 7);
    const std::string expected = text_of(folder / "one" / "sft.jsonl");
    EXPECT_GT(std::count(expected.begin(), expected.end(), '\n'), 20);
    for (const int size : {2, 3}) {
        const fs::path where = folder / std::to_string(size);
        std::vector<std::atomic<int>> judged(static_cast<std::size_t>(size));
        for (const std::int64_t steps : {3, 7}) {  // resumed once
            const thread_ranks ranks{0, size};
            std::vector<std::thread> all;
            for (int r = 0; r < size; ++r)
                all.emplace_back([&, r] { sift_as(ranks.as(r), where, steps, &judged[static_cast<std::size_t>(r)]); });
            for (std::thread& one : all) one.join();
        }
        EXPECT_EQ(text_of(where / "sft.jsonl"), expected) << size << " ranks";
        for (const std::atomic<int>& count : judged) EXPECT_LE(count, 7 * 4 * (size == 2 ? 3 : 2)) << "of 7 x 5 x 4";
    }
}

TEST(rejection_sampling, a_checkpoint_that_does_not_know_what_was_kept_is_refused) {
    const auto model = small_model();
    const auto sampler = [&](bool deduplicate) {
        return aha::rejection_sampling{model,
                                       numbered(4, true, 2),
                                       right,
                                       {.samples = 1, .prompts_per_step = 2, .deduplicate = deduplicate},
                                       told{alphabet(), {{5, 30}}}};
    };
    auto first = sampler(false), second = sampler(true), third = sampler(false);
    first.step();
    EXPECT_THAT(complaint([&] { second.load(first.save()); }), HasSubstr("made without deduplicate"));
    third.load(first.save());
    EXPECT_EQ(third.steps_done(), 1);
    EXPECT_THAT(
        complaint([&] { aha::rejection_options{.min_reward = std::numeric_limits<double>::quiet_NaN()}.validate(); }),
        HasSubstr("min_reward must be a number"));
}

}  // namespace
