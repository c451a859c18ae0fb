#include <aha/train/evaluate.hpp>

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iostream>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <aha/data/vector_prompts.hpp>
#include <aha/reward/accuracy.hpp>
#include <aha/reward/combine.hpp>
#include <tests/support/byte_model.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::all_bytes_but;
using aha::test::byte_model;
using aha::test::complaint;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::vector<aha::prompt> sums() {
    std::vector<aha::prompt> all(5);
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i].index = static_cast<std::int64_t>(i);
        all[i].text = "What is 1 + " + std::to_string(i) + "?";
        all[i].fields["answer"] = std::vector{3, 8, 33, 88, 3}[i];
    }
    return all;
}

/// Says one of the digits 3 and 8, or two, or nothing.
aha::evaluate_options digits() {
    return {.samples = 6, .ks = {1, 2, 6}, .sampling = {.max_new_tokens = 2, .suppress = all_bytes_but("38")}};
}

const auto right = [](const aha::prompt& p, const aha::completion& c) {
    return aha::last_integer(c.text) == p["answer"] ? 1.0 : 0.0;
};

TEST(evaluate_sampler, asks_the_sampler_that_it_is_given) {
    const auto model = byte_model();
    const aha::evaluate_options options = digits();
    const aha::evaluation usual = aha::evaluate(model, sums(), right, options);
    const aha::autoregressive_sampler same{model.tokenizer, options.sampling, options.batch};
    EXPECT_EQ(aha::evaluate_sampler(model, sums(), right, same, options).metrics(), usual.metrics());
    const aha::autoregressive_sampler short_one{model.tokenizer, {.max_new_tokens = 1}};
    EXPECT_EQ(aha::evaluate_sampler(model, sums(), right, short_one, options).mean_length, 1);
}

TEST(evaluate, gives_the_metrics_of_what_the_sampler_says) {
    const auto model = byte_model();
    const aha::evaluate_options options = digits();
    std::vector<aha::rollout_group> groups;
    aha::evaluate_options seen = options;
    seen.each = [&](const aha::rollout_group& group) { groups.push_back(group); };
    const aha::evaluation e = aha::evaluate(model, sums(), right, seen);
    ASSERT_EQ(groups.size(), 5U);

    // The same by hand: pass@2 counts the pairs of samples of which one is right.
    std::vector<double> means;
    double pass_2 = 0, pass_6 = 0, length = 0, cut = 0;
    for (const aha::rollout_group& group : groups) {
        ASSERT_EQ(group.completions.size(), 6U);
        double correct = 0, pairs = 0;
        std::vector<bool> good;
        for (const aha::completion& c : group.completions) {
            good.push_back(right(group.prompt, c) == 1);
            correct += good.back() ? 1 : 0;
            length += static_cast<double>(c.ids.size()) / 30;
            cut += c.finish == aha::finish_reason::length ? 1.0 / 30 : 0;
        }
        for (std::size_t a = 0; a < 6; ++a)
            for (std::size_t b = 0; b < a; ++b) pairs += good[a] || good[b] ? 1 : 0;
        means.push_back(correct / 6);
        pass_2 += pairs / 15 / 5;
        pass_6 += correct > 0 ? 0.2 : 0;
    }
    double mean = 0, squares = 0;
    for (const double m : means) mean += m / 5;
    for (const double m : means) squares += (m - mean) * (m - mean);
    EXPECT_GT(mean, 0);
    EXPECT_LT(mean, 1);
    EXPECT_NEAR(e.mean_reward, mean, 1e-12);
    EXPECT_NEAR(e.standard_error.value(), std::sqrt(squares / 4 / 5), 1e-12);
    EXPECT_NEAR(e.pass.at(1), mean, 1e-12);
    EXPECT_NEAR(e.pass.at(2), pass_2, 1e-12);
    EXPECT_NEAR(e.pass.at(6), pass_6, 1e-12);
    EXPECT_NEAR(e.mean_length, length, 1e-12);
    EXPECT_NEAR(e.truncated, cut, 1e-12);
    EXPECT_EQ(e.prompts, 5);
    EXPECT_EQ(e.samples, 6);
    EXPECT_FALSE(e.majority.has_value());
}

TEST(evaluate, is_the_same_whatever_the_batch_and_other_for_another_seed) {
    const auto model = byte_model();
    aha::evaluate_options options = digits();
    const auto whole = aha::evaluate(model, sums(), right, options).metrics();
    options.batch = 1;
    EXPECT_EQ(aha::evaluate(model, sums(), right, options).metrics(), whole);
    options.seed = 1;
    EXPECT_NE(aha::evaluate(model, sums(), right, options).metrics(), whole);
}

TEST(evaluate, votes_where_the_reward_reads_answers) {
    const auto model = byte_model();
    aha::evaluate_options options = digits();
    options.seed = 2;
    std::vector<aha::rollout_group> groups;
    options.each = [&](const aha::rollout_group& group) { groups.push_back(group); };
    const aha::evaluation e = aha::evaluate(model, sums(), aha::accuracy{}, options);
    double won = 0;
    for (const aha::rollout_group& group : groups) {
        std::map<std::int64_t, int> votes;
        int most = 0;
        for (const aha::completion& c : group.completions)
            if (const auto n = aha::last_integer(c.text)) most = std::max(most, ++votes[*n]);
        for (const aha::completion& c : group.completions)  // the first among equals
            if (const auto n = aha::last_integer(c.text); n && votes[*n] == most) {
                won += n == group.prompt["answer"] ? 0.2 : 0;
                break;
            }
    }
    ASSERT_TRUE(e.majority.has_value());
    EXPECT_NEAR(*e.majority, won, 1e-12);
    EXPECT_GT(won, 0);
    EXPECT_LT(won, 1);
    options.answer = [](const aha::completion&) { return std::optional<std::string>{"the same"}; };
    const aha::evaluation first = aha::evaluate(model, sums(), aha::accuracy{}, options);
    double firsts = 0;  // all give one answer: the first completion stands for it
    for (std::size_t g = 0; g < 5; ++g) firsts += groups[g].scores[0].value / 5;
    EXPECT_NEAR(first.majority.value(), firsts, 1e-12);
    EXPECT_NE(firsts, won);
}

TEST(evaluate, names_its_metrics_for_a_step_report) {
    const auto model = byte_model();
    aha::evaluate_options options = digits();
    options.pass_part = "right";
    const auto reward = aha::sum_rewards(
        aha::named("right", right),
        aha::named(
            "long", [](const aha::prompt&, const aha::completion& c) { return static_cast<double>(c.ids.size()); },
            0.5));
    const aha::evaluation e = aha::evaluate(model, sums(), reward, options);
    EXPECT_NEAR(e.parts.at(0).second, e.pass.at(1), 1e-12);
    EXPECT_NEAR(e.parts.at(1).second, e.mean_length, 1e-12);
    EXPECT_THAT(
        e.metrics(),
        ElementsAre(Pair("eval_reward", testing::DoubleNear(e.pass.at(1) + 0.5 * e.mean_length, 1e-12)),
                    Pair("eval_reward_error", *e.standard_error), Pair("eval_rewards/right/mean", e.parts[0].second),
                    Pair("eval_rewards/long/mean", e.parts[1].second), Pair("eval_pass@1", e.pass.at(1)),
                    Pair("eval_pass@2", e.pass.at(2)), Pair("eval_pass@6", e.pass.at(6)),
                    Pair("eval_completions/mean_length", e.mean_length),
                    Pair("eval_completions/clipped_ratio", e.truncated)));
    options.pass_part = "nice";
    EXPECT_EQ(complaint([&] { aha::evaluate(model, sums(), reward, options); }),
              "the reward of prompt 0 has no part \"nice\" to pass by");
}

TEST(evaluate, leaves_a_prompt_source_where_it_was) {
    const auto model = byte_model();
    const aha::evaluate_options options = digits();
    aha::vector_prompts source{sums(), {.shuffle = false, .epochs = 1}};
    EXPECT_EQ(aha::evaluate(model, source, right, options).metrics(),
              aha::evaluate(model, sums(), right, options).metrics());
    EXPECT_EQ(source.next()->index, 0);
    EXPECT_EQ(aha::evaluate(model, source, right, options).prompts, 4);
    aha::evaluate_options some = options;
    some.prompts = 12;
    EXPECT_EQ(aha::evaluate(model, aha::vector_prompts{sums()}, right, some).prompts, 12);
    EXPECT_EQ(source.next()->index, 1);
}

TEST(evaluate, asks_texts_and_prompts_of_one_index_with_draws_of_their_own) {
    const auto model = byte_model();
    std::vector<std::string> said;
    aha::evaluate_options options{.samples = 1, .sampling = {.max_new_tokens = 12}};
    options.each = [&](const aha::rollout_group& group) { said.push_back(group.completions[0].text); };
    const auto long_enough = [](const aha::prompt&, const aha::completion& c) { return c.ids.size() > 2; };
    aha::evaluate(model, std::vector<std::string>{"a", "a"}, long_enough, options);
    aha::prompt one;
    one.text = "a";
    aha::evaluate(model, std::vector{one, one}, long_enough, options);
    ASSERT_EQ(said.size(), 4U);
    EXPECT_NE(said[0], said[1]);
    EXPECT_NE(said[2], said[3]);
}

TEST(evaluate, does_with_a_reward_that_fails_what_it_is_told) {
    const auto model = byte_model();
    aha::evaluate_options options = digits();
    const auto failing = [](const aha::prompt& p, const aha::completion&) -> double {
        if (p.index == 2) throw aha::error{"no compiler"};
        return 1;
    };
    EXPECT_EQ(complaint([&] { aha::evaluate(model, sums(), failing, options); }),
              "prompt 2, sample 0: the reward threw: no compiler");
    options.rewards = {.on_failure = aha::failure_rule::not_applicable, .report = [](const std::string&) {}};
    const aha::evaluation e = aha::evaluate(model, sums(), failing, options);
    EXPECT_EQ(e.mean_reward, 1);            // of the prompts that were judged
    EXPECT_NEAR(e.pass.at(1), 0.8, 1e-12);  // what was not judged has not passed
}

TEST(evaluate, counts_why_scores_are_not_applicable) {
    const auto model = byte_model();
    const auto judge = [](const aha::prompt& p, const aha::completion&) {
        aha::score given = p.index == 2 ? aha::score::not_applicable() : aha::score{1};
        given.parts = {{"unreadable", p.index == 2 ? 1 : 0}};
        return given;
    };
    const aha::evaluation e = aha::evaluate(model, sums(), judge, digits());
    EXPECT_EQ(e.mean_reward, 1);
    ASSERT_EQ(e.parts.size(), 1U);
    EXPECT_EQ(e.parts[0].first, "unreadable");
    EXPECT_NEAR(e.parts[0].second, 0.2, 1e-12);  // of all five
}

/// Two ranks in one process, for a gather: each waits for the other's bytes.
struct two_ranks {
    struct meeting {
        std::mutex mutex;
        std::condition_variable changed;
        std::vector<std::string> brought[2];
    };
    std::shared_ptr<meeting> at;
    int own = 0;
    int rank() const { return own; }
    int size() const { return 2; }
    void all_reduce(const at::Tensor&) const {}
    void broadcast(const at::Tensor&, int) const {}
    std::vector<std::string> all_gather(const std::string& bytes) const {
        std::unique_lock lock{at->mutex};
        at->brought[own].push_back(bytes);
        const std::size_t call = at->brought[own].size() - 1;
        at->changed.notify_all();
        at->changed.wait(lock, [&] { return at->brought[1 - own].size() > call; });
        return {at->brought[0][call], at->brought[1][call]};
    }
};

TEST(evaluate, gives_all_ranks_what_one_process_gives) {
    const auto model = byte_model();
    const aha::evaluate_options options = digits();
    const auto alone = aha::evaluate(model, sums(), right, options).metrics();
    const auto at = std::make_shared<two_ranks::meeting>();
    std::vector<std::pair<std::string, double>> metrics[2];
    std::vector<std::thread> ranks;
    for (int r = 0; r < 2; ++r)
        ranks.emplace_back([&, r] {
            metrics[r] = aha::evaluate(model, sums(), right, options, two_ranks{at, r}).metrics();
        });
    for (std::thread& rank : ranks) rank.join();
    EXPECT_EQ(metrics[0], alone);
    EXPECT_EQ(metrics[1], alone);
}

TEST(evaluate, says_in_a_sentence_what_it_cannot_do) {
    const auto model = byte_model();
    const auto said = [&](const aha::evaluate_options& options, std::vector<aha::prompt> prompts = sums()) {
        return complaint([&] { aha::evaluate(model, prompts, right, options); });
    };
    EXPECT_EQ(said({.samples = 4, .ks = {1, 8}}), "pass@8 needs at least 8 samples a problem, not 4");
    EXPECT_EQ(said({.samples = 0}), "samples must be positive, not 0");
    EXPECT_EQ(said({.sampling = {.temperature = std::numeric_limits<double>::quiet_NaN()}}),
              "temperature must be 0 (greedy) or from 1e-06 to 1e+06, not nan");
    EXPECT_EQ(said({.pass_threshold = std::numeric_limits<double>::infinity()}),
              "pass_threshold must be finite, not inf");
    EXPECT_EQ(said({.batch = 0}), "batch must be positive, not 0");
    EXPECT_EQ(said({.prompts = -1}), "prompts must be 0 (all) or more, not -1");
    EXPECT_EQ(said({}, {}), "there are no prompts to evaluate on");
    std::vector<aha::prompt> bad = sums();
    bad[3].text = std::string(300, 'a');
    EXPECT_THAT(said({}, bad), HasSubstr("prompt 3 has 300 tokens, more than the 95 that leave room"));
    EXPECT_EQ(said({.prompt_limit = {.long_prompts = aha::overlong::drop}}, {bad[3]}),
              "there are no prompts to evaluate on: all are too long");
    bad[3].text = "";
    EXPECT_EQ(said({}, bad), "prompt 3 is empty");
}

TEST(evaluate, as_the_documentation_shows_it) {
    const auto model = byte_model();
    const std::vector<aha::prompt> held_out = sums();
    testing::internal::CaptureStdout();
    //! [metrics]
    aha::evaluate_options eight{.samples = 8, .ks = {1, 8}};
    eight.sampling.max_new_tokens = 64;
    auto result = aha::evaluate(model, held_out, aha::accuracy{.field = "answer"}, eight);
    std::cout << result.mean_reward << " of " << result.prompts << " prompts" << std::endl;
    for (const auto& [name, value] : result.metrics()) std::cout << name << ' ' << value << std::endl;
    //! [metrics]
    EXPECT_THAT(testing::internal::GetCapturedStdout(), HasSubstr("eval_majority@8 "));
}

}  // namespace
