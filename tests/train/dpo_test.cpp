#include <aha/train/dpo.hpp>

#include <ATen/ATen.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/random.hpp>
#include <aha/loss/preference/ipo_loss.hpp>
#include <aha/loss/preference/length_normalized_dpo_loss.hpp>
#include <aha/loss/preference/robust_dpo_loss.hpp>
#include <aha/loss/preference/simpo_loss.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/relative_error.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::complaint;
using aha::test::relative_error;
using aha::test::small_model;
using testing::HasSubstr;

std::vector<aha::token_id> draw(const aha::random_stream& random, std::uint64_t& n, std::uint64_t least) {
    std::vector<aha::token_id> ids(least + random.below(n++, 8));
    for (aha::token_id& id : ids) id = static_cast<aha::token_id>(random.below(n++, 30));
    return ids;
}

/// `count` pairs; the chosen completions end with token 30, the rejected ones with 29. Every third pair's completions
/// begin alike, and say where the prompt ends.
std::vector<aha::preference_pair> made_pairs(std::size_t count) {
    std::vector<aha::preference_pair> all(count);
    const aha::random_stream random{{37, 0, 0, 0}};
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::vector<aha::token_id> prompt = draw(random, n, 2);
        all[i] = {static_cast<std::int64_t>(i), prompt, prompt};
        all[i].prompt_tokens = std::ssize(prompt);
        for (auto* side : {&all[i].chosen, &all[i].rejected}) {
            if (i % 3 == 0) side->insert(side->end(), {7, 8});
            const std::vector<aha::token_id> answer = draw(random, n, 1);
            side->insert(side->end(), answer.begin(), answer.end());
        }
        all[i].chosen.push_back(30);
        all[i].rejected.push_back(29);
    }
    return all;
}

/// Items whose reference differs from the model.
std::vector<aha::preference_item> made_items(const std::vector<aha::preference_pair>& pairs) {
    std::vector<aha::preference_item> items;
    const auto reference = small_model(64, 0.3);
    std::vector<const aha::preference_pair*> all;
    for (const aha::preference_pair& pair : pairs) all.push_back(&pair);
    const auto known = aha::measure_pair_log_probs(reference, std::span<const aha::preference_pair* const>{all}, 100);
    for (std::size_t n = 0; n < pairs.size(); ++n) items.push_back({&pairs[n], known[n]});
    return items;
}

/// The log-prob of the tokens after `prompt` of one text alone, by a dense softmax in float64.
template <class Model>
double log_prob_alone(const Model& model, const std::vector<aha::token_id>& text, std::int64_t prompt) {
    const at::NoGradGuard no_gradients;
    const std::vector<aha::text_group> groups{{text}};
    const at::Tensor hidden = model.hidden(aha::pack_texts(groups).batch).to(at::kDouble);
    const at::Tensor log_probs = hidden.matmul(model.head().weight.to(at::kDouble).t()).log_softmax(1);
    double sum = 0;
    for (std::int64_t t = prompt; t < std::ssize(text); ++t)
        sum += log_probs[t - 1][text[static_cast<std::size_t>(t)]].template item<double>();
    return sum;
}

TEST(pair_log_probs, sides_that_share_a_prompt_are_as_if_each_were_alone) {
    const auto model = small_model(64, 0.3);
    const auto pairs = made_pairs(7);
    const at::NoGradGuard no_gradients;
    const auto found = aha::pair_log_probs(model, std::span<const aha::preference_item>{made_items(pairs)});
    for (std::size_t n = 0; n < pairs.size(); ++n) {
        const auto at = static_cast<std::int64_t>(n);
        const std::int64_t prompt = pairs[n].prompt_tokens;
        EXPECT_NEAR(found.chosen.policy[at].item<double>(), log_prob_alone(model, pairs[n].chosen, prompt), 1e-5) << n;
        EXPECT_NEAR(found.rejected.policy[at].item<double>(), log_prob_alone(model, pairs[n].rejected, prompt), 1e-5);
        EXPECT_NEAR(found.chosen.reference[at].item<double>(), found.chosen.policy[at].item<double>(), 1e-5);
        EXPECT_EQ(found.chosen.tokens[at].item<double>(), static_cast<double>(pairs[n].chosen.size()) - prompt);
        EXPECT_EQ(found.rejected.tokens[at].item<double>(), static_cast<double>(pairs[n].rejected.size()) - prompt);
    }
}

template <class Loss>
class dpo_with : public testing::Test {};
using losses = testing::Types<aha::dpo_loss, aha::robust_dpo_loss, aha::length_normalized_dpo_loss, aha::ipo_loss,
                              aha::simpo_loss>;
TYPED_TEST_SUITE(dpo_with, losses);

TYPED_TEST(dpo_with, gradient_does_not_depend_on_microbatches_or_order) {
    auto model = small_model();
    const auto pairs = made_pairs(11);
    std::vector<aha::preference_item> items = made_items(pairs);
    const TypeParam loss{};
    const auto gradient = [&](std::span<const aha::preference_item> of, std::int64_t budget, std::size_t all,
                              aha::preference_metrics& metrics) {
        model.weights().zero_gradients();
        metrics = aha::accumulate_preferences(std::as_const(model), loss, of, budget, all);
        return model.weights().gradients().clone();
    };
    aha::preference_metrics whole, cut;
    const at::Tensor expected = gradient(items, 100000, 0, whole);
    ASSERT_GT(expected.norm().template item<double>(), 1e-3);
    for (const std::int64_t budget : {1, 37, 80}) {
        EXPECT_LT(relative_error(gradient(items, budget, 0, cut), expected), 1e-6) << budget;
        EXPECT_NEAR(cut.loss, whole.loss, 1e-5 * std::abs(whole.loss));
        EXPECT_DOUBLE_EQ(cut.accuracy, whole.accuracy);
        EXPECT_NEAR(cut.chosen_reward, whole.chosen_reward, 1e-5);
        EXPECT_NEAR(cut.margin(), whole.margin(), 1e-5);
        EXPECT_NEAR(cut.rejected_log_prob, whole.rejected_log_prob, 1e-5);
    }
    std::reverse(items.begin(), items.end());
    EXPECT_LT(relative_error(gradient(items, 53, 0, cut), expected), 1e-6);
    // Two parts, with the denominator of both, as two ranks have them.
    const std::span all{items};
    aha::preference_metrics first, second;
    at::Tensor sum = gradient(all.first(4), 100000, 11, first);
    sum += gradient(all.subspan(4), 100000, 11, second);
    EXPECT_LT(relative_error(sum, expected), 1e-6);
    EXPECT_NEAR(first.loss + second.loss, whole.loss, 1e-5 * std::abs(whole.loss));
}

TYPED_TEST(dpo_with, gradient_is_that_of_finite_differences) {
    auto model = small_model();
    const auto pairs = made_pairs(4);
    const auto items = made_items(pairs);
    const TypeParam loss{};
    model.weights().zero_gradients();
    aha::accumulate_preferences(std::as_const(model), loss, std::span{items}, 100000);
    const at::Tensor gradient = model.weights().gradients().clone();
    const at::NoGradGuard no_gradients;
    const at::Tensor direction = gradient / gradient.norm();
    const at::Tensor start = model.weights().values().clone();
    const auto at = [&](double step) {
        model.weights().values().copy_(start + step * direction);
        model.refresh();
        return aha::measure_preferences(std::as_const(model), loss, std::span{items}, 100000).loss;
    };
    constexpr double step = 2e-3;
    const double slope = (at(step) - at(-step)) / (2 * step), expected = gradient.norm().template item<double>();
    EXPECT_NEAR(slope, expected, 5e-3 * expected);
}

TYPED_TEST(dpo_with, goes_on_bit_for_bit_across_epochs) {
    const aha::dpo_options options{.batch_size = 3,
                                   .learning_rate = 1e-2,
                                   .warmup_steps = 2,
                                   .epochs = 3,
                                   .seed = 3,
                                   .evaluate_every = 2,
                                   .microbatch_tokens = 60};
    const auto made = [&]<class Model>(Model& model) {
        aha::dpo trainer{model, made_pairs(8), options, TypeParam{}};
        return trainer;
    };
    auto whole = small_model();
    auto straight = made(whole);
    straight.set_eval_pairs(made_pairs(5));
    EXPECT_EQ(straight.total_steps(), 9);
    double last = 0;
    for (const aha::step_report& step : straight.steps()) last = step.metric("loss");
    const double held_out = straight.evaluate().loss;
    for (const std::int64_t stop : {0, 1, 4}) {
        auto first = small_model();
        auto begun = made(first);
        begun.set_eval_pairs(made_pairs(5));
        while (begun.steps_done() < stop) begun.step();
        const aha::state saved = begun.save();
        auto second = small_model();
        auto resumed = made(second);
        resumed.set_eval_pairs(made_pairs(5));
        resumed.load(saved);
        double end = 0;
        for (const aha::step_report& step : resumed.steps()) end = step.metric("loss");
        EXPECT_EQ(end, last) << stop;
        EXPECT_TRUE(at::equal(second.weights().values(), whole.weights().values())) << stop;
        EXPECT_EQ(resumed.evaluate().loss, held_out) << stop;
    }
}

TYPED_TEST(dpo_with, prefers_the_chosen_side_of_unseen_pairs) {
    auto model = small_model();
    auto seen = made_pairs(48);
    const std::vector<aha::preference_pair> unseen{seen.begin() + 24, seen.end()};
    seen.resize(24);
    aha::dpo trainer{model, seen, {.batch_size = 6, .learning_rate = 1e-2, .epochs = 10}, TypeParam{}};
    trainer.set_eval_pairs(unseen);
    const aha::preference_metrics before = trainer.evaluate();
    for (const aha::step_report& step : trainer.steps()) EXPECT_LE(step.step, 40);
    const aha::preference_metrics after = trainer.evaluate();
    EXPECT_GT(after.accuracy, 0.8);
    EXPECT_GT(after.margin(), before.margin() + 0.05);
    EXPECT_LT(after.loss, before.loss);
}

TEST(dpo, first_step_is_log_2_and_reports_what_trl_reports) {
    auto model = small_model();
    aha::dpo trainer{
        model, made_pairs(7), {.batch_size = 7, .learning_rate = 1e-2, .shuffle = false, .evaluate_every = 1}};
    trainer.set_eval_pairs(made_pairs(3));
    double chosen = 0;
    for (const aha::preference_pair& pair : made_pairs(7))
        chosen += log_prob_alone(model, pair.chosen, pair.prompt_tokens) / 7;
    const aha::step_report step = trainer.step();
    EXPECT_NEAR(step.metric("loss"), std::log(2.0), 1e-6);
    EXPECT_NEAR(step.metric("logps/chosen"), chosen, 1e-4);
    EXPECT_NEAR(step.metric("rewards/chosen"), 0, 1e-6);
    for (const char* const name :
         {"rewards/rejected", "rewards/accuracies", "rewards/margins", "logps/rejected", "epoch", "eval_loss",
          "eval_rewards/accuracies", "eval_rewards/margins", "grad_norm"})
        EXPECT_TRUE(std::isfinite(step.metric(name))) << name;
    EXPECT_LT(step.metric("eval_loss"), std::log(2.0));
    EXPECT_GT(step.metric("eval_rewards/margins"), 0);
}

TEST(dpo, reference_is_the_model_before_its_first_step_or_another_one) {
    const aha::dpo_options options{.batch_size = 4, .learning_rate = 1e-2, .epochs = 2, .shuffle = false};
    auto model = small_model();
    aha::dpo trainer{model, made_pairs(4), options};
    trainer.step();
    EXPECT_GT(trainer.step().metric("rewards/margins"), 1e-3) << "the second is measured against the first";

    auto other = small_model();
    const auto reference = small_model(64, 0.3);
    aha::dpo against{other, made_pairs(4), options};
    against.set_reference(reference);
    double rewards = 0;
    for (const aha::preference_pair& pair : made_pairs(4))
        rewards += 0.1 / 4 *
                   (log_prob_alone(other, pair.chosen, pair.prompt_tokens) -
                    log_prob_alone(reference, pair.chosen, pair.prompt_tokens));
    EXPECT_NEAR(against.step().metric("rewards/chosen"), rewards, 1e-5);

    trainer.set_eval_pairs(made_pairs(2));
    EXPECT_THAT(complaint([&] { (void)trainer.evaluate(); }),
                HasSubstr("after step 2 nothing tells what that says of the eval pairs"));
}

TEST(dpo, without_a_reference_none_is_asked) {
    auto model = small_model();
    aha::dpo trainer{model, made_pairs(4), {.batch_size = 4, .learning_rate = 0}, aha::simpo_loss{}};
    trainer.step();
    EXPECT_FALSE(trainer.save().tensors.contains("pairs/reference_log_probs"));
}

TEST(dpo, an_epoch_ends_a_batch_and_the_pairs_run_out) {
    auto model = small_model();
    aha::dpo trainer{model, made_pairs(7), {.batch_size = 3, .learning_rate = 0, .epochs = 2, .seed = 5}};
    std::vector<double> epochs;
    for (const aha::step_report& step : trainer.steps()) epochs.push_back(step.metric("epoch"));
    EXPECT_THAT(epochs, testing::ElementsAre(3. / 7, 6. / 7, 1, 1 + 3. / 7, 1 + 6. / 7, 2));
    EXPECT_THAT(complaint([&] { trainer.step(); }), HasSubstr("ran out after 6 steps"));
}

TEST(dpo, a_step_that_fails_changes_nothing) {
    struct failing {
        bool* fails;
        at::Tensor operator()(const aha::preference_log_probs& pairs) const {
            const at::Tensor loss = aha::dpo_loss{}(pairs);
            return *fails ? loss * NAN : loss;
        }
        at::Tensor rewards(const aha::side_log_probs& side) const { return side.log_ratios(); }
        bool needs_reference() const { return true; }
    };
    bool fails = true;
    const aha::dpo_options options{.batch_size = 3, .learning_rate = 1e-2, .epochs = 2};
    auto model = small_model(), other = small_model();
    aha::dpo trainer{model, made_pairs(6), options, failing{&fails}};
    EXPECT_THAT(complaint([&] { trainer.step(); }), HasSubstr("is not finite"));
    fails = false;
    aha::dpo smooth{other, made_pairs(6), options};
    while (trainer.steps_done() < 4) {
        trainer.step();
        smooth.step();
    }
    EXPECT_TRUE(at::equal(model.weights().values(), other.weights().values()));
}

TEST(dpo, pairs_that_are_not_two_completions_of_a_prompt_are_named) {
    auto model = small_model(16);
    const auto said = [&](const aha::preference_pair& pair) {
        return complaint([&] { aha::dpo{model, std::vector{pair}}; });
    };
    EXPECT_THAT(said({4, {1, 2, 3}, {2, 2, 3}}), HasSubstr("sides of pair 4 begin with different tokens"));
    EXPECT_THAT(said({4, {1, 2, 3}, {1, 2, 3}}), HasSubstr("both sides of pair 4 are the same"));
    EXPECT_THAT(said({4, {1, 2, 3}, {1, 3, 3}, 0, 2}), HasSubstr("pair 4 differ in their first 2 tokens"));
    EXPECT_THAT(said({4, {1, 2, 3}, {1, 2}, 0, 2}), HasSubstr("prompt of pair 4 has 2 tokens, and a side 2"));
    EXPECT_THAT(said({4, {1, 2, 31}, {1, 2, 3}}), HasSubstr("has token 31"));
    EXPECT_THAT(said({4, std::vector<aha::token_id>(17, 1), {1, 2, 3}}), HasSubstr("model's context of 16"));
    EXPECT_EQ(said({4, {1, 2}, {1, 2, 3}}), "no complaint") << "one side may go on where the other ends";
    EXPECT_THAT(complaint([&] { aha::dpo{model, std::vector<aha::preference_pair>{}}; }), HasSubstr("no pairs"));
    EXPECT_THAT(complaint([&] { aha::dpo(model, made_pairs(2), aha::dpo_options{.batch_size = 0}); }),
                HasSubstr("batch_size must be positive, not 0"));
}

}  // namespace
