#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <numeric>

#include <aha/loss/aggregation/constant_length.hpp>
#include <aha/loss/aggregation/sequence_mean.hpp>
#include <aha/loss/aggregation/token_mean.hpp>
#include <aha/loss/cispo_loss.hpp>
#include <aha/loss/dppo_loss.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/loss/gspo_loss.hpp>
#include <aha/loss/gspo_token_loss.hpp>
#include <aha/loss/reinforce_loss.hpp>
#include <aha/loss/off_policy_sequence_mask.hpp>
#include <aha/loss/sapo_loss.hpp>
#include <aha/loss/vespo_loss.hpp>
#include <aha/loss/sequence_ratio_loss.hpp>
#include <aha/update/frozen_policy.hpp>
#include <aha/update/minibatch.hpp>
#include <aha/update/policy_gradient.hpp>
#include <tests/support/relative_error.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::relative_error;
using aha::test::small_model;

/// Three groups of four completions, prompts of 2 to 6 tokens, completions of 1 to 7.
std::vector<aha::rollout_group> groups() {
    std::vector<aha::rollout_group> all(3);
    const aha::random_stream random{{11, 0, 0, 0}};
    std::uint64_t n = 0;
    for (std::size_t g = 0; g < all.size(); ++g) {
        for (std::size_t t = 0; t < 2 + 2 * g; ++t)
            all[g].prompt.ids.push_back(static_cast<aha::token_id>(random.below(n++, 31)));
        for (int s = 0; s < 4; ++s) {
            aha::completion c;
            const auto length = 1 + random.below(n++, 7);
            for (std::size_t t = 0; t < length; ++t) {
                c.ids.push_back(static_cast<aha::token_id>(random.below(n++, 31)));
                c.behavior_log_probs.push_back(static_cast<float>(-3 - random.uniform(n++)));
            }
            all[g].completions.push_back(c);
            all[g].advantages.push_back(2 * random.uniform(n++) - 1);
        }
    }
    return all;
}

template <class Aggregation>
std::vector<aha::training_item> items_of(const std::vector<aha::rollout_group>& all, const Aggregation& aggregation) {
    std::vector<aha::training_item> items;
    std::vector<std::int64_t> lengths;
    for (const aha::rollout_group& group : all)
        for (std::size_t s = 0; s < group.completions.size(); ++s) {
            items.push_back({&group, s, 0, group.completions[s].behavior_log_probs});
            lengths.push_back(static_cast<std::int64_t>(group.completions[s].ids.size()));
        }
    const std::vector<double> weights = aggregation(lengths);
    for (std::size_t i = 0; i < items.size(); ++i) items[i].weight = weights[i];
    return items;
}

const aha::grpo_loss with_kl{{.beta = 0.1}};

template <class Model, class Loss = aha::grpo_loss>
at::Tensor gradient(const Model& model, std::span<const aha::training_item> items, std::int64_t budget,
                    const Loss& loss = with_kl) {
    Model reference = model.clone();
    {
        const at::NoGradGuard no_gradients;
        reference.weights().values().mul_(0.9);
        reference.refresh();
    }
    model.weights().zero_gradients();
    std::vector<aha::training_item> own{items.begin(), items.end()};
    aha::frozen_log_probs frozen;
    frozen.fill_reference(reference, own, budget, 0.8);
    aha::accumulate_gradient(model, loss, own, budget, 0.8);
    return model.weights().gradients().clone();
}

/// @param near what rounding may do: in bfloat16 each part's weight gradient is rounded before it is added
template <class Tensor = aha::cpu<float>, class Aggregation, class Loss = aha::grpo_loss>
void check_invariance(const Aggregation& aggregation, double near = 1e-6, const Loss& loss = with_kl,
                      const std::vector<aha::rollout_group>& all = groups()) {
    const aha::decoder<Tensor> model = small_model<Tensor>();
    const std::vector<aha::training_item> items = items_of(all, aggregation);
    const at::Tensor whole = gradient(model, items, 1000, loss);
    ASSERT_GT(whole.norm().item<double>(), 0);
    for (const std::int64_t budget : {1, 9, 14, 20, 40})
        EXPECT_LT(relative_error(gradient(model, items, budget, loss), whole), near) << "budget " << budget;
    // Any order of the groups, and of the completions within one.
    std::vector<aha::training_item> turned{items.rbegin(), items.rend()};
    EXPECT_LT(relative_error(gradient(model, turned, 1000, loss), whole), near);
    EXPECT_LT(relative_error(gradient(model, turned, 17, loss), whole), near);
    std::rotate(turned.begin(), turned.begin() + 4, turned.end());
    EXPECT_LT(relative_error(gradient(model, turned, 23, loss), whole), near);
    // One completion at a time, each alone with its prompt: nothing is shared and nothing is padded.
    model.weights().zero_gradients();
    at::Tensor sum = at::zeros_like(whole);
    for (const aha::training_item& item : items) sum.add_(gradient(model, std::span{&item, 1}, 1000, loss));
    EXPECT_LT(relative_error(sum, whole), near);
}

/// `groups` whose prompts begin with a template, in two of them with more than that, and whose completions begin alike.
std::vector<aha::rollout_group> groups_of_a_template() {
    std::vector<aha::rollout_group> all = groups();
    const std::vector<aha::token_id> common{4, 8, 15, 16, 23, 7, 4, 8, 2, 11}, more{9, 9, 1, 2, 3, 4, 5, 6, 7, 8};
    for (std::size_t g = 0; g < all.size(); ++g) {
        std::vector<aha::token_id>& ids = all[g].prompt.ids;
        if (g > 0) ids.insert(ids.begin(), more.begin(), more.end());
        ids.insert(ids.begin(), common.begin(), common.end());
        for (std::size_t s = 0; s < 2; ++s) {
            aha::completion& c = all[g].completions[s];
            c.ids.insert(c.ids.begin(), more.begin(), more.end());
            c.behavior_log_probs.insert(c.behavior_log_probs.begin(), more.size(), -3.0F);
        }
    }
    return all;
}

TEST(microbatch, gradient_does_not_depend_on_what_begins_alike) {
    const std::vector<aha::rollout_group> all = groups_of_a_template();
    const std::vector<aha::training_item> items = items_of(all, aha::token_mean{});
    const aha::packed_groups packed = aha::pack_items(items, {});
    ASSERT_EQ(packed.batch.trees.size(), 1U);
    ASSERT_FALSE(packed.batch.trees.front().parents.empty());  // several levels
    check_invariance(aha::token_mean{}, 1e-6, with_kl, all);
    check_invariance(aha::sequence_mean{}, 1e-6, aha::gspo_loss{}, all);
}

TEST(microbatch, plans_count_what_begins_alike_once) {
    const std::vector<aha::rollout_group> all = groups_of_a_template();
    const std::vector<aha::training_item> items = items_of(all, aha::token_mean{});
    std::int64_t apart = 0;
    for (const aha::rollout_group& group : all) apart += std::ssize(group.prompt.ids);
    for (const aha::training_item& item : items) apart += std::ssize(item.completion().ids);
    EXPECT_EQ(aha::plan_microbatches(items, apart).size(), 1U);
    EXPECT_EQ(aha::plan_microbatches(items, apart - 10 - 20).size(), 1U);
    EXPECT_GT(aha::plan_microbatches(items, apart - 10 - 20 - 1).size(), 1U);
}

TEST(microbatch, gradient_does_not_depend_on_the_cut_with_token_mean) { check_invariance(aha::token_mean{}); }
TEST(microbatch, gradient_does_not_depend_on_the_cut_with_sequence_mean) { check_invariance(aha::sequence_mean{}); }
TEST(microbatch, gradient_does_not_depend_on_the_cut_with_constant_length) {
    check_invariance(aha::constant_length{7});
}

template <class Loss>
class microbatch_of_a_loss : public testing::Test {};

using losses = testing::Types<aha::grpo_loss, aha::gspo_loss, aha::gspo_token_loss, aha::sequence_ratio_loss,
                              aha::cispo_loss, aha::sapo_loss, aha::dppo_loss, aha::vespo_loss, aha::reinforce_loss>;
TYPED_TEST_SUITE(microbatch_of_a_loss, losses);

/// Ranges so narrow that some completions are clipped and some are not.
template <class Options>
Options narrowed(Options options) {
    if constexpr (requires { options.clip_low; }) options.clip_low = options.clip_high = 0.15;
    return options;
}

TYPED_TEST(microbatch_of_a_loss, its_gradient_does_not_depend_on_the_cut) {
    check_invariance(aha::token_mean{}, 1e-6, TypeParam{narrowed(TypeParam{}.options())});
    check_invariance(aha::sequence_mean{}, 1e-6, TypeParam{narrowed(TypeParam{}.options())});
}

TYPED_TEST(microbatch_of_a_loss, its_gradient_does_not_depend_on_the_cut_with_a_kl_term_and_an_entropy_bonus) {
    auto options = narrowed(TypeParam{}.options());
    options.beta = 0.1, options.entropy_bonus = 0.05;
    check_invariance(aha::token_mean{}, 1e-6, TypeParam{options});
    options.kl = aha::kl_estimator::unbiased;
    check_invariance(aha::sequence_mean{}, 1e-6, TypeParam{options});
}

TYPED_TEST(microbatch_of_a_loss, its_gradient_does_not_depend_on_the_cut_where_each_token_has_its_advantage) {
    std::vector<aha::rollout_group> all = groups();
    const aha::random_stream random{{12, 0, 0, 0}};
    std::uint64_t n = 0;
    for (aha::rollout_group& group : all)
        for (const aha::completion& c : group.completions) {
            std::vector<float>& own = group.token_advantages.emplace_back(c.ids.size());
            for (float& a : own) a = static_cast<float>(2 * random.uniform(n++) - 1);
        }
    check_invariance(aha::token_mean{}, 1e-6, TypeParam{narrowed(TypeParam{}.options())}, all);
}

TEST(microbatch, gradient_does_not_depend_on_the_cut_where_completions_are_masked) {
    check_invariance(aha::token_mean{}, 1e-6, aha::off_policy_sequence_mask{aha::grpo_loss{}, 0.01});
}

TEST(microbatch, gradient_does_not_depend_on_the_cut_with_bfloat16_products) {
    check_invariance<aha::cpu<aha::bfloat16>>(aha::token_mean{}, 0.01);
}

TEST(microbatch, a_mean_over_each_microbatch_would_fail_the_invariance) {
    // The gate can fail: denominators taken from each part alone, as several trainers have them, give another gradient.
    const aha::decoder<> model = small_model();
    const std::vector<aha::rollout_group> all = groups();
    const std::vector<aha::training_item> items = items_of(all, aha::token_mean{});
    const at::Tensor whole = gradient(model, items, 1000);
    at::Tensor sum = at::zeros_like(whole);
    for (const aha::rollout_group& group : all)
        sum.add_(gradient(model, items_of({group}, aha::token_mean{}), 1000) / static_cast<double>(all.size()));
    EXPECT_GT(relative_error(sum, whole), 1e-3);
}

TEST(microbatch, plans_keep_groups_whole_where_they_fit_and_lose_nothing) {
    const std::vector<aha::rollout_group> all = groups();
    const std::vector<aha::training_item> items = items_of(all, aha::token_mean{});
    for (const std::int64_t budget : {1, 12, 25, 30, 60, 1000}) {
        const auto plan = aha::plan_microbatches(items, budget);
        std::vector<std::pair<const aha::rollout_group*, std::size_t>> seen;
        for (const auto& part : plan) {
            std::int64_t tokens = 0;
            const aha::rollout_group* last = nullptr;
            for (const aha::training_item& item : part) {
                if (item.group != last) tokens += static_cast<std::int64_t>(item.group->prompt.ids.size());
                last = item.group;
                tokens += static_cast<std::int64_t>(item.completion().ids.size());
                seen.emplace_back(item.group, item.sample);
            }
            EXPECT_TRUE(tokens <= budget || part.size() == 1) << tokens << " tokens with a budget of " << budget;
        }
        ASSERT_EQ(seen.size(), items.size());
        for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], std::pair(items[i].group, items[i].sample));
    }
    EXPECT_EQ(aha::plan_microbatches(items, 1000).size(), 1U);
    EXPECT_EQ(aha::plan_microbatches(items, 1).size(), items.size());
}

}  // namespace
