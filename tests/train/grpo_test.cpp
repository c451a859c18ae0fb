#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <ranges>
#include <stdexcept>

#include <aha/advantage/kl_in_reward.hpp>
#include <aha/advantage/mean_centered.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/loss/aggregation/constant_length.hpp>
#include <aha/loss/aggregation/sequence_mean.hpp>
#include <aha/model/initialize.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/grpo.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/made_prompts.hpp>
#include <tests/concepts/archetypes.hpp>

namespace {

using aha::test::made_prompts;
using aha::testing::arm_tokenizer;
using aha::testing::bandit;

/// Prompts that a bandit ignores.
aha::vector_prompts questions(std::int64_t count = 64) {
    const auto zero = [](aha::token_id) { return std::vector<aha::token_id>{0}; };
    return aha::vector_prompts{made_prompts(static_cast<std::size_t>(count), zero), {.shuffle = false}};
}

aha::autoregressive_sampler<arm_tokenizer> arms(std::int64_t count, std::int64_t length = 1, double temperature = 1) {
    return aha::autoregressive_sampler{arm_tokenizer{count},
                                       aha::sampling_options{.temperature = temperature, .max_new_tokens = length}};
}

/// A plain step along the gradient, so that a test can read the gradient off the weights.
struct descent {
    void step(const aha::parameters& weights, double rate) {
        const at::NoGradGuard no_gradients;
        weights.values().sub_(weights.gradients(), rate);
    }
    aha::state save() const { return {}; }
    void load(const aha::state&) {}
};

std::vector<double> theta(const bandit& model) {
    const at::Tensor t = model.weights()[0].detach().to(at::kDouble).contiguous();
    return {t.const_data_ptr<double>(), t.const_data_ptr<double>() + t.numel()};
}

std::vector<double> softmax(const std::vector<double>& logits) {
    std::vector<double> p;
    for (const double x : logits) p.push_back(std::exp(x));
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& x : p) x /= sum;
    return p;
}

const auto arm_zero = [](const aha::prompt&, const aha::completion& c) { return c.ids.front() == 0 ? 1.0 : 0.0; };

TEST(grpo, first_update_is_the_policy_gradient_in_closed_form) {
    const std::vector<float> start{0.3F, -0.2F, 0.1F};
    bandit model{start};
    aha::grpo trainer{
        model,    questions(),
        arm_zero, {.prompts_per_step = 4, .group_size = 8, .learning_rate = 1, .max_gradient_norm = 0, .seed = 3},
        arms(3),  descent{}};
    const std::vector<double> before = theta(model), p = softmax(before);
    const aha::step_report report = trainer.step();
    std::vector<double> expected = before;
    for (const aha::rollout_group& group : *report.groups) {
        double mean = 0, squares = 0;
        for (const aha::score& s : group.scores) mean += s.value / 8;
        for (const aha::score& s : group.scores) squares += (s.value - mean) * (s.value - mean);
        const double deviation = std::sqrt(squares / 7);
        for (std::size_t i = 0; i < 8; ++i) {
            const double advantage = deviation == 0 ? 0 : (group.scores[i].value - mean) / (deviation + 1e-4);
            for (std::size_t k = 0; k < 3; ++k)  // ascend: A / (tokens of the batch) x d log p / d theta
                expected[k] += advantage / 32 * ((group.completions[i].ids[0] == static_cast<std::int64_t>(k)) - p[k]);
        }
    }
    EXPECT_GT(std::abs(expected[0] - before[0]), 1e-3);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(theta(model)[k], expected[k], 1e-6);
    EXPECT_LT(report.metric("sampler_gap/max"), 1e-5);
    EXPECT_LE(report.metric("sampler_gap/mean"), report.metric("sampler_gap/max"));
}

TEST(grpo, later_updates_of_a_rollout_use_the_ratio_to_the_policy_that_sampled) {
    bandit model{{0.5F, 0.0F}};
    aha::grpo trainer{model,
                      questions(),
                      arm_zero,
                      {.prompts_per_step = 1,
                       .group_size = 8,
                       .learning_rate = 0.4,
                       .inner_epochs = 2,
                       .max_gradient_norm = 0,
                       .seed = 5},
                      arms(2),
                      descent{},
                      aha::grpo_loss{{.clip_low = 1, .clip_high = 100}},
                      aha::mean_centered{}};
    std::vector<double> t = theta(model);
    const std::vector<double> old = softmax(t);
    const aha::step_report report = trainer.step();
    const aha::rollout_group& group = report.groups->front();
    for (int epoch = 0; epoch < 2; ++epoch) {
        const std::vector<double> p = softmax(t);
        std::vector<double> next = t;
        for (std::size_t i = 0; i < 8; ++i) {
            const auto arm = static_cast<std::size_t>(group.completions[i].ids[0]);
            for (std::size_t k = 0; k < 2; ++k)
                next[k] += 0.4 * group.advantages[i] / 8 * p[arm] / old[arm] * ((arm == k) - p[k]);
        }
        t = next;
    }
    for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(theta(model)[k], t[k], 1e-6);
}

TEST(grpo, learns_the_better_arm) {
    bandit model{{0, 0, 0, 0}};
    aha::grpo trainer{model, questions(), arm_zero, {.learning_rate = 0.1, .seed = 1}, arms(4)};
    for (int n = 0; n < 60; ++n) trainer.step();
    EXPECT_GT(softmax(theta(model))[0], 0.9);
}

TEST(grpo, learns_nothing_from_rewards_shuffled_within_their_group) {
    bandit model{{0, 0, 0, 0}};
    // What a shuffle leaves of the reward: its values, given to completions by place instead of by merit.
    const auto place = [](std::span<const aha::score> scores) {
        std::vector<double> advantages = aha::group_relative{}(scores);
        std::sort(advantages.begin(), advantages.end());
        return advantages;
    };
    aha::grpo trainer{model, questions(), arm_zero, {.learning_rate = 0.1, .seed = 1}, arms(4), place};
    for (int n = 0; n < 60; ++n) trainer.step();
    EXPECT_LT(softmax(theta(model))[0], 0.6);  // a random walk; with merit it passes 0.9
}

TEST(grpo, groups_with_equal_rewards_cost_no_arithmetic_and_change_nothing) {
    const auto by_prompt = [](const aha::prompt& p, const aha::completion& c) {
        return p.index == 0 ? 0.7 : c.ids.front() == 0 ? 1.0 : 0.0;
    };
    const auto run = [&](bool free) {
        bandit model{{0.2F, 0.1F}};
        // A loss that says zero advantages are not free computes them all.
        struct eager : aha::grpo_loss {
            bool is_free = true;
            bool ignores_zero_advantage() const { return is_free; }
        };
        eager loss;
        loss.is_free = free;
        aha::grpo trainer{model,      questions(), by_prompt, {.prompts_per_step = 2, .group_size = 4, .seed = 2},
                          arms(2, 3), loss,        descent{}};
        const aha::step_report report = trainer.step();
        return std::pair{theta(model), report.metric("tokens/trained")};
    };
    const auto [lazy, few] = run(true);
    const auto [eager, all] = run(false);
    EXPECT_EQ(all, 24);
    EXPECT_EQ(few, 12);
    for (std::size_t k = 0; k < 2; ++k) EXPECT_NEAR(lazy[k], eager[k], 1e-9);
}

TEST(grpo, kl_term_pulls_towards_the_reference_and_the_reference_can_be_refreshed) {
    const auto nothing = [](const aha::prompt&, const aha::completion&) { return 1.0; };
    bandit model{{0, 0}};
    aha::grpo trainer{model,   questions(),
                      nothing, {.prompts_per_step = 8, .learning_rate = 0.2, .reference_refresh = 5, .seed = 1},
                      arms(2), aha::grpo_loss{{.beta = 1}}};
    EXPECT_EQ(trainer.step().metric("kl"), 0);
    {
        const at::NoGradGuard no_gradients;
        model.weights()[0].copy_(at::tensor({1.0F, -1.0F}).unsqueeze(1));
    }
    double away = 0;
    for (int n = 1; n < 4; ++n) away = trainer.step().metric("kl");
    EXPECT_GT(away, 0.05);
    EXPECT_LT(theta(model)[0], 1);  // pulled back
    trainer.step();                 // the fifth: the reference is now the policy
    EXPECT_EQ(trainer.step().metric("kl"), 0);
}

TEST(grpo, resumes_bit_for_bit_from_its_state) {
    const aha::grpo_options options{.prompts_per_step = 4,
                                    .group_size = 4,
                                    .learning_rate = 0.05,
                                    .minibatches = 2,
                                    .inner_epochs = 2,
                                    .reference_refresh = 3,
                                    .seed = 9};
    const aha::grpo_loss loss{{.beta = 0.1}};
    const auto run = [&](int stop_at) {
        bandit model{{0.1F, 0.2F, 0.3F}};
        std::optional<aha::state> saved;
        std::vector<double> rewards;
        {
            aha::grpo first{model, questions(), arm_zero, options, arms(3, 4), loss};
            for (int n = 0; n < stop_at; ++n) rewards.push_back(first.step().metric("loss"));
            saved = first.save();
            for (auto& [name, tensor] : saved->tensors) tensor = tensor.clone();
        }
        bandit other{{9, 9, 9}};
        aha::grpo second{other, questions(), arm_zero, options, arms(3, 4), loss};
        second.load(*saved);
        for (int n = stop_at; n < 7; ++n) rewards.push_back(second.step().metric("loss"));
        return std::pair{theta(other), rewards};
    };
    EXPECT_EQ(run(7), run(2));
    EXPECT_EQ(run(7), run(5));
}

TEST(grpo, state_of_another_seed_or_model_is_refused) {
    bandit small{{0, 0}}, large{std::vector<float>(40, 0.0F)};
    aha::grpo a{small, questions(), arm_zero, {.seed = 1}, arms(2)};
    aha::grpo b{small, questions(), arm_zero, {.seed = 2}, arms(2)};
    aha::grpo c{large, questions(), arm_zero, {.seed = 1}, arms(40)};
    EXPECT_THROW(b.load(a.save()), aha::error);
    EXPECT_THROW(c.load(a.save()), aha::error);
}

TEST(grpo, works_with_the_least_types_of_every_slot) {
    using namespace aha::test;
    least_model model{made};
    aha::grpo trainer{model,
                      least_prompt_source{made},
                      min_reward{made},
                      {.prompts_per_step = 2, .group_size = 4},
                      least_sampler{made},
                      least_advantage{made},
                      least_policy_loss{made},
                      least_aggregation{made},
                      least_optimizer{made},
                      least_schedule{made}};
    EXPECT_EQ(trainer.step().step, 1);
    EXPECT_EQ(trainer.step().step, 2);
}

TEST(grpo, options_that_make_no_sense_are_named) {
    bandit model{{0, 0}};
    const auto message = [&](aha::grpo_options options) -> std::string {
        return aha::test::complaint([&] { aha::grpo trainer{model, questions(), arm_zero, options, arms(2)}; });
    };
    EXPECT_THAT(message({.group_size = 1}), ::testing::HasSubstr("group_size must be at least 2, not 1"));
    EXPECT_THAT(message({.prompts_per_step = 0}), ::testing::HasSubstr("prompts_per_step"));
    EXPECT_THAT(message({.prompts_per_step = 2, .minibatches = 3}), ::testing::HasSubstr("minibatches"));
    EXPECT_THAT(message({.learning_rate = NAN}), ::testing::HasSubstr("learning_rate"));
}

TEST(grpo, says_when_the_prompts_run_out) {
    bandit model{{0, 0}};
    std::vector<aha::prompt> three(3);
    for (aha::prompt& p : three) p.ids = {0};
    aha::grpo trainer{model, aha::vector_prompts{three, {.epochs = 1}}, arm_zero, {.prompts_per_step = 2}, arms(2)};
    trainer.step();
    try {
        trainer.step();
        FAIL() << "the second step had one prompt";
    } catch (const aha::error& problem) {
        EXPECT_STREQ(problem.what(), "the prompts ran out at step 2 after 1 of 2");
    }
}

TEST(grpo, a_gradient_that_is_not_finite_leaves_the_weights_as_they_were) {
    bandit model{{0.5F, 0.25F}};
    struct broken {
        bool needs_reference() const { return false; }
        bool ignores_zero_advantage() const { return false; }
        aha::loss_output operator()(const aha::policy_batch& b) const { return {(b.log_probs * NAN).sum(), {}}; }
    };
    aha::grpo trainer{model, questions(), arm_zero, {}, arms(2), broken{}};
    const std::vector<double> before = theta(model);
    EXPECT_THROW(trainer.step(), aha::error);
    EXPECT_EQ(theta(model), before);
}

TEST(grpo, metrics_carry_trls_names) {
    bandit model{{0, 0}};
    aha::grpo trainer{model, questions(), arm_zero, {}, arms(2, 3), aha::grpo_loss{{.beta = 0.01}}};
    const aha::step_report report = trainer.step();
    for (const char* name :
         {"reward", "reward_std", "frac_reward_zero_std", "entropy", "kl", "clip_ratio/region_mean",
          "completions/mean_length", "completions/clipped_ratio", "grad_norm", "learning_rate", "num_tokens",
          "step_time", "seconds", "time/rollout", "time/reward", "time/train", "sampler_gap/max", "sampler_gap/mean"})
        EXPECT_TRUE(report.find_metric(name).has_value()) << name;
    EXPECT_NEAR(report.metric("entropy"), std::log(2.0), 1e-6);
    EXPECT_EQ(report.metric("completions/clipped_ratio"), 1);
    EXPECT_EQ(report.metric("num_tokens"), 8 * 8 * 4);
}

/// Questions 0, 1, 2, ... of which the first `easy` of each ten are always answered rightly.
struct mixed_difficulty {
    std::int64_t easy = 7;
    double operator()(const aha::prompt& p, const aha::completion& c) const {
        return p.index % 10 < easy || c.ids.front() == 0 ? 1.0 : 0.0;
    }
};

TEST(grpo, dynamic_sampling_asks_on_until_enough_groups_teach_something) {
    bandit model{{0.0F, 0.0F}};
    const aha::grpo_options options{.prompts_per_step = 4, .group_size = 8, .dynamic_sampling = 20, .seed = 3};
    aha::grpo trainer{model, questions(640), mixed_difficulty{}, options, arms(2)};
    const aha::step_report report = trainer.step();
    EXPECT_EQ(report.groups->size(), 4U);
    for (const aha::rollout_group& group : *report.groups) EXPECT_TRUE(aha::scores_differ(group));
    EXPECT_EQ(report.metric("dynamic_sampling/kept"), 4);
    EXPECT_GT(report.metric("dynamic_sampling/rounds"), 1);
    EXPECT_GT(report.metric("frac_reward_zero_std"), 0.4) << "metrics are those of all that was sampled";
    EXPECT_EQ(report.metric("tokens/trained"), 32);
    EXPECT_GT(report.metric("num_tokens"), 64);

    // Rounds run out: the step learns from what there is; with nothing at all the weights stay.
    bandit other{{0.0F, 0.0F}};
    aha::grpo hopeless{other, questions(640), mixed_difficulty{10}, options, arms(2), descent{}};
    const std::vector<double> before = theta(other);
    const aha::step_report nothing = hopeless.step();
    EXPECT_TRUE(nothing.groups->empty());
    EXPECT_EQ(nothing.metric("dynamic_sampling/rounds"), 20);
    EXPECT_EQ(theta(other), before);
}

TEST(grpo, truncated_completions_can_be_masked_out_of_gradient_and_denominator) {
    bandit model{{0.2F, -0.1F}};  // nothing ends a completion but the budget, so all are truncated
    const aha::grpo_options options{
        .prompts_per_step = 2, .group_size = 8, .learning_rate = 1, .mask_truncated = true, .seed = 3};
    aha::grpo trainer{model, questions(), arm_zero, options, arms(2), descent{}};
    const std::vector<double> before = theta(model);
    const aha::step_report report = trainer.step();
    EXPECT_EQ(report.metric("completions/clipped_ratio"), 1);
    EXPECT_EQ(report.metric("tokens/trained"), 0);
    EXPECT_EQ(theta(model), before);
}

/// Gives the first token of a completion its score and the others nothing, and remembers nothing.
struct first_token_only {
    bool needs_reference() const { return true; }
    aha::token_values operator()(std::span<const aha::rollout_group> groups) const {
        aha::token_values all;
        for (const aha::rollout_group& group : groups) {
            all.emplace_back();
            for (std::size_t i = 0; i < group.completions.size(); ++i) {
                const aha::completion& c = group.completions[i];
                EXPECT_EQ(c.ref_log_probs.size(), c.ids.size());
                for (std::size_t t = 0; t < c.ids.size(); ++t)
                    EXPECT_NEAR(c.ref_log_probs[t], c.behavior_log_probs[t], 1e-5) << "the policy has not moved yet";
                all.back().emplace_back(c.ids.size(), 0.0F);
                all.back().back().front() = static_cast<float>(group.scores[i].value);
            }
        }
        return all;
    }
};

TEST(grpo, a_batch_advantage_weighs_every_token_by_itself) {
    bandit model{{0.3F, -0.2F, 0.1F}};
    aha::grpo trainer{
        model,      questions(),
        arm_zero,   {.prompts_per_step = 2, .group_size = 4, .learning_rate = 1, .max_gradient_norm = 0, .seed = 3},
        arms(3, 2), first_token_only{},
        descent{}};
    std::vector<double> expected = theta(model);
    const std::vector<double> p = softmax(expected);
    const aha::step_report report = trainer.step();
    double taught = 0;
    for (const aha::rollout_group& group : *report.groups)
        for (std::size_t i = 0; i < 4; ++i) {
            taught += group.scores[i].value;
            for (std::size_t k = 0; k < 3; ++k)
                expected[k] +=
                    group.scores[i].value / 16 * ((group.completions[i].ids[0] == static_cast<std::int64_t>(k)) - p[k]);
        }
    EXPECT_GT(taught, 0);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(theta(model)[k], expected[k], 1e-6);
}

const auto all_good = [](std::span<const aha::score> scores) { return std::vector<double>(scores.size(), 1.0); };

TEST(grpo, loss_and_gradient_norm_are_means_over_the_updates_of_a_step) {
    const auto report = [](std::int64_t minibatches, std::int64_t epochs) {
        bandit model{{0.3F, -0.2F}};
        aha::grpo trainer{model,
                          questions(),
                          arm_zero,
                          {.prompts_per_step = 4,
                           .group_size = 4,
                           .learning_rate = 0,
                           .minibatches = minibatches,
                           .inner_epochs = epochs},
                          arms(2),
                          all_good};
        return trainer.step();
    };
    const aha::step_report once = report(1, 1), eight = report(1, 8), four = report(2, 2);
    EXPECT_NEAR(once.metric("loss"), -1, 1e-6);
    EXPECT_NEAR(eight.metric("loss"), -1, 1e-6);
    EXPECT_NEAR(four.metric("loss"), -1, 1e-6);
    EXPECT_GT(once.metric("grad_norm"), 0);
    EXPECT_NEAR(eight.metric("grad_norm"), once.metric("grad_norm"), 1e-6);
}

TEST(grpo, a_step_without_an_update_has_the_learning_rate_of_its_schedule) {
    bandit model{{0, 0}};
    aha::grpo trainer{model,
                      questions(),
                      arm_zero,
                      {.learning_rate = 0.5, .mask_truncated = true},
                      arms(2, 3),  // every completion is cut
                      [](std::int64_t step) { return step == 0 ? 1.0 : 0.5; }};
    EXPECT_EQ(trainer.step().metric("learning_rate"), 0.5);
    const aha::step_report second = trainer.step();
    EXPECT_EQ(second.metric("learning_rate"), 0.25);
    EXPECT_EQ(second.metric("loss"), 0);
    EXPECT_EQ(second.metric("grad_norm"), 0);
}

TEST(grpo, passes_of_the_reference_have_seconds_of_their_own) {
    bandit model{{0, 0}}, plain{{0, 0}};
    aha::grpo referring{model, questions(), arm_zero, {}, arms(2), aha::kl_in_reward<>{}};
    const aha::step_report report = referring.step();
    EXPECT_GT(report.metric("time/reference"), 0);
    aha::grpo trainer{plain, questions(), arm_zero, {}, arms(2)};
    EXPECT_FALSE(trainer.step().find_metric("time/reference"));
}

/// A loss whose value is no number at the calls that `broken` names.
struct breakable {
    std::shared_ptr<std::pair<int, int>> call_and_broken = std::make_shared<std::pair<int, int>>(0, -1);
    bool needs_reference() const { return false; }
    bool ignores_zero_advantage() const { return false; }
    aha::loss_output operator()(const aha::policy_batch& b) const {
        const bool broken = call_and_broken->first++ == call_and_broken->second;
        return {(b.log_probs * b.advantages * b.weights * (broken ? NAN : -1.0)).sum(), {}};
    }
};

/// The state of a trainer, without what a clock measures.
template <class Trainer>
aha::state timeless(const Trainer& trainer) {
    aha::state s = trainer.save();
    s.values.erase("seconds");
    return s;
}

void expect_equal(const aha::state& a, const aha::state& b) {
    EXPECT_EQ(a.values, b.values);
    ASSERT_EQ(a.tensors.size(), b.tensors.size());
    for (const auto& [name, tensor] : a.tensors) EXPECT_TRUE(at::equal(tensor, b.tensors.at(name))) << name;
}

TEST(grpo, a_gradient_that_is_not_finite_in_a_later_update_takes_back_the_whole_step) {
    const aha::grpo_options options{
        .prompts_per_step = 4, .group_size = 4, .learning_rate = 0.1, .minibatches = 2, .inner_epochs = 2, .seed = 3};
    bandit model{{0.3F, -0.2F}}, twin{{0.3F, -0.2F}};
    const breakable loss;
    aha::grpo trainer{model, questions(), arm_zero, options, arms(2), loss};
    aha::grpo straight{twin, questions(), arm_zero, options, arms(2), breakable{}};
    trainer.step(), straight.step();
    const aha::state before = timeless(trainer);
    for (const int update : {0, 1, 3}) {
        loss.call_and_broken->second = loss.call_and_broken->first + update;
        EXPECT_THROW(trainer.step(), aha::error);
        expect_equal(timeless(trainer), before);
        EXPECT_EQ(theta(model), theta(twin));
    }
    for (int n = 0; n < 3; ++n) {
        trainer.step(), straight.step();
        expect_equal(timeless(trainer), timeless(straight));
    }
}

TEST(grpo, a_reward_that_throws_leaves_all_as_it_was_and_the_same_prompts_come_again) {
    bandit model{{0.3F, -0.2F}}, twin{{0.3F, -0.2F}};
    const auto broken = std::make_shared<bool>(false);
    const auto reward = [broken](const aha::prompt& p, const aha::completion& c) {
        if (*broken) throw std::runtime_error{"the verifier is away"};
        return arm_zero(p, c);
    };
    aha::grpo trainer{model, questions(), reward, {.seed = 4}, arms(2)};
    aha::grpo straight{twin, questions(), arm_zero, {.seed = 4}, arms(2)};
    trainer.step(), straight.step();
    const aha::state before = timeless(trainer);
    *broken = true;
    EXPECT_ANY_THROW(trainer.step());
    expect_equal(timeless(trainer), before);
    *broken = false;
    trainer.step(), straight.step();
    expect_equal(timeless(trainer), timeless(straight));
}

TEST(grpo, prompts_that_run_out_within_a_step_are_not_lost) {
    bandit model{{0, 0}};
    std::vector<aha::prompt> three(3);
    for (aha::prompt& p : three) p.ids = {0};
    aha::grpo trainer{model, aha::vector_prompts{three, {.epochs = 1}}, arm_zero, {.prompts_per_step = 2}, arms(2)};
    trainer.step();
    EXPECT_THROW(trainer.step(), aha::error);
    EXPECT_EQ(trainer.save().part("prompts").values.at("position"), 2);
}

TEST(grpo, what_was_saved_stays_while_the_trainer_goes_on) {
    bandit model{{0.3F, -0.2F}}, twin{{0.3F, -0.2F}};
    const aha::grpo_options options{.learning_rate = 0.1, .reference_refresh = 1, .seed = 4};
    const aha::grpo_loss loss{{.beta = 0.1}};
    aha::grpo trainer{model, questions(), arm_zero, options, arms(2), loss};
    aha::grpo straight{twin, questions(), arm_zero, options, arms(2), loss};
    trainer.step(), straight.step();
    const auto best = trainer.save();
    trainer.step(), trainer.step();
    EXPECT_NE(theta(model), theta(twin));
    trainer.load(best);
    expect_equal(timeless(trainer), timeless(straight));
    trainer.step(), straight.step();
    expect_equal(timeless(trainer), timeless(straight));
}

TEST(grpo, an_optimizer_that_gives_its_own_memory_is_copied) {
    struct momentum : descent {
        at::Tensor m;
        void step(const aha::parameters& weights, double rate) {
            const at::NoGradGuard no_gradients;
            if (!m.defined()) m = at::zeros_like(weights.values());
            m.mul_(0.9).add_(weights.gradients());
            weights.values().sub_(m, rate);
        }
        aha::state save() const {
            aha::state s;
            if (m.defined()) s.tensors["m"] = m;
            return s;
        }
        void load(const aha::state& s) { m = s.tensors.at("m").clone(); }
    };
    bandit model{{0.3F, -0.2F}};
    aha::grpo trainer{model, questions(), arm_zero, {.learning_rate = 0.1, .seed = 4}, arms(2), momentum{}};
    trainer.step();
    const aha::state saved = trainer.save();
    const at::Tensor then = saved.tensors.at("optimizer/m").clone();
    trainer.step();
    EXPECT_TRUE(at::equal(saved.tensors.at("optimizer/m"), then));
}

TEST(grpo, steps_are_taken_once_each_however_they_are_looked_at) {
    bandit model{{0, 0}};
    aha::grpo trainer{model, questions(), arm_zero, {.seed = 4}, arms(2)};
    std::vector<std::int64_t> seen;
    for (const aha::step_report& step :
         trainer.steps(4) | std::views::filter([](const aha::step_report& r) { return r.step % 2 == 0; }))
        seen.push_back(step.step);
    EXPECT_THAT(seen, ::testing::ElementsAre(2, 4));
    EXPECT_EQ(trainer.steps_done(), 4);
    for (const aha::step_report& step : trainer.steps(100) | std::views::take(2)) EXPECT_EQ(step.total_steps, 104);
    EXPECT_EQ(trainer.steps_done(), 6) << "take moves on from its last element, which must not train";
    auto more = trainer.steps(3);
    auto at = more.begin();
    EXPECT_EQ((*at).step, 7);
    EXPECT_EQ((*at).step, 7);
    EXPECT_EQ(trainer.steps_done(), 7);
    ++at;
    at++;
    EXPECT_EQ(trainer.steps_done(), 8) << "a step that is passed over is taken";
    EXPECT_FALSE(at == more.end());
    EXPECT_EQ((*at).step, 9);
    ++at;
    EXPECT_TRUE(at == more.end());
    static_assert(std::ranges::input_range<decltype(more)> && std::ranges::view<decltype(more)>);
    static_assert(!std::ranges::forward_range<decltype(more)>);
}

TEST(grpo, says_where_the_learning_rate_takes_another_course) {
    const auto cosine = [](std::int64_t total) {
        return aha::warmup_schedule{{.total_steps = total, .shape = aha::decay_shape::cosine}};
    };
    bandit model{{0, 0}};
    aha::grpo first{model, questions(), arm_zero, {.learning_rate = 0.1, .seed = 4}, arms(2), cosine(10)};
    for (int n = 0; n < 5; ++n) first.step();
    aha::grpo same{model, questions(), arm_zero, {.learning_rate = 0.1, .seed = 4}, arms(2), cosine(10)};
    same.load(first.save());
    EXPECT_THAT(same.notes(), ::testing::IsEmpty());
    aha::grpo longer{model, questions(), arm_zero, {.learning_rate = 0.1, .seed = 4}, arms(2), cosine(20)};
    longer.load(first.save());
    EXPECT_THAT(longer.notes(),
                ::testing::ElementsAre("the learning rate takes another course than before the checkpoint; its decay "
                                       "ends at step 20 (before: ends at step 10); step 5 had 0.0655, by this run's "
                                       "options it would have had 0.0905"));
}

}  // namespace
