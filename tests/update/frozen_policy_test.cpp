#include <ATen/ATen.h>
#include <cstddef>
#include <cstdint>
#include <gtest/gtest.h>
#include <span>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/update/frozen_policy.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::small_model;
using bfloat16_policy = aha::cpu<aha::bfloat16>;

/// Two groups of two completions.
std::vector<aha::rollout_group> groups() {
    std::vector<aha::rollout_group> all(2);
    for (std::size_t g = 0; g < all.size(); ++g) {
        all[g].prompt.ids = {static_cast<aha::token_id>(g + 1), 7};
        for (const aha::token_id last : {3, 4}) {
            aha::completion c;
            c.ids = {5, static_cast<aha::token_id>(10 + g), last};
            c.behavior_log_probs = {-1, -2, -3};
            all[g].completions.push_back(c);
        }
    }
    return all;
}

std::vector<aha::training_item> items_of(const std::vector<aha::rollout_group>& all) {
    std::vector<aha::training_item> items;
    for (const aha::rollout_group& group : all)
        for (std::size_t s = 0; s < group.completions.size(); ++s) items.push_back({&group, s});
    return items;
}

/// Log-probs of a completion without packing: a pass over its own text, logits and all.
template <class Model>
std::vector<float> alone(const Model& model, const aha::training_item& item, double temperature) {
    const at::NoGradGuard no_gradients;
    const aha::token_group text{item.group->prompt.ids, {item.completion().ids}};
    const aha::packed_groups packed = aha::pack_groups(std::vector{text});
    const at::Tensor hidden = model.hidden(packed.batch).index_select(0, packed.predictions.rows);
    const at::Tensor logits = at::linear(hidden.to(at::kFloat), model.head().weight.to(at::kFloat)) / temperature;
    const at::Tensor log_probs =
        at::log_softmax(logits, -1).gather(1, packed.predictions.targets.unsqueeze(1)).contiguous();
    return {log_probs.const_data_ptr<float>(), log_probs.const_data_ptr<float>() + log_probs.numel()};
}

void expect_near(std::span<const float> given, const std::vector<float>& wanted, double near) {
    ASSERT_EQ(given.size(), wanted.size());
    for (std::size_t t = 0; t < wanted.size(); ++t) EXPECT_NEAR(given[t], wanted[t], near) << t;
}

TEST(frozen_policy, log_probs_are_those_of_each_completion_alone_whatever_the_budget) {
    const auto model = small_model();
    const std::vector<aha::rollout_group> all = groups();
    const std::vector<aha::training_item> items = items_of(all);
    for (const std::int64_t budget : {1, 8, 1000}) {
        const auto each = aha::completion_log_probs(model, items, budget, 0.7);
        ASSERT_EQ(each.size(), items.size());
        for (std::size_t i = 0; i < items.size(); ++i) expect_near(each[i], alone(model, items[i], 0.7), 1e-5);
    }
}

TEST(frozen_policy, old_log_probs_are_the_samplers_in_float32_and_computed_in_bfloat16) {
    const std::vector<aha::rollout_group> all = groups();
    std::vector<aha::training_item> items = items_of(all);
    aha::frozen_log_probs frozen;
    frozen.fill_old(small_model(), items, 1000, 1);
    for (const aha::training_item& item : items)
        EXPECT_EQ(item.old_log_probs.data(), item.completion().behavior_log_probs.data());

    const auto model = small_model<bfloat16_policy>();
    frozen.fill_old(model, items, 1000, 0.7);
    for (const aha::training_item& item : items) expect_near(item.old_log_probs, alone(model, item, 0.7), 0.05);
}

TEST(frozen_policy, log_probs_that_were_filled_in_outlive_later_calls) {
    const auto model = small_model();
    const std::vector<aha::rollout_group> all = groups();
    std::vector<aha::training_item> first = items_of(all), second = items_of(all);
    aha::frozen_log_probs frozen;
    frozen.fill_reference(model, first, 1000, 1);
    for (int again = 0; again < 10; ++again) frozen.fill_reference(model, second, 1000, 2);
    for (std::size_t i = 0; i < first.size(); ++i) {
        expect_near(first[i].ref_log_probs, alone(model, first[i], 1), 1e-5);
        expect_near(second[i].ref_log_probs, alone(model, second[i], 2), 1e-5);
    }
}

TEST(frozen_policy, reference_log_probs_of_the_completions_are_used_where_all_have_them) {
    const auto model = small_model();
    std::vector<aha::rollout_group> all = groups();
    aha::fill_reference_log_probs(model, all, 1000, 1);
    std::vector<aha::training_item> items = items_of(all);
    aha::frozen_log_probs frozen;
    frozen.fill_reference(model, items, 1000, 1);
    for (const aha::training_item& item : items) {
        EXPECT_EQ(item.ref_log_probs.data(), item.completion().ref_log_probs.data());
        expect_near(item.ref_log_probs, alone(model, item, 1), 1e-5);
    }
    all[1].completions[0].ref_log_probs.clear();
    frozen.fill_reference(model, items, 1000, 1);
    for (const aha::training_item& item : items) {
        EXPECT_NE(item.ref_log_probs.data(), item.completion().ref_log_probs.data());
        expect_near(item.ref_log_probs, alone(model, item, 1), 1e-5);
    }
}

TEST(frozen_policy, scores_differ_where_two_that_apply_do) {
    aha::rollout_group group;
    EXPECT_FALSE(aha::scores_differ(group));
    group.scores = {aha::score{1.0}, aha::score{1.0}, aha::score::not_applicable()};
    EXPECT_FALSE(aha::scores_differ(group));
    group.scores.emplace_back(0.0);
    EXPECT_TRUE(aha::scores_differ(group));
}

TEST(frozen_policy, reference_stays_as_it_is_until_it_is_refreshed) {
    const auto model = small_model();
    const at::Tensor before = model.weights().values().clone();
    aha::reference_policy reference{model, true};
    {
        const at::NoGradGuard no_gradients;
        model.weights().values().mul_(2);
    }
    EXPECT_TRUE(at::equal(reference.get()->weights().values(), before));
    reference.refresh(model);
    EXPECT_TRUE(at::equal(reference.get()->weights().values(), 2 * before));
}

TEST(frozen_policy, reference_comes_back_from_its_state) {
    const auto model = small_model();
    const aha::reference_policy saved{model, true};
    const aha::state kept = saved.save();
    {
        const at::NoGradGuard no_gradients;
        model.weights().values().mul_(2);
    }
    aha::reference_policy loaded{model, true};
    loaded.load(kept);
    EXPECT_TRUE(at::equal(loaded.get()->weights().values(), saved.get()->weights().values()));
    EXPECT_THROW(loaded.load(aha::state{}), aha::error);
}

TEST(frozen_policy, reference_costs_nothing_where_none_is_needed) {
    const auto model = small_model();
    aha::reference_policy none{model, false};
    EXPECT_EQ(none.get(), nullptr);
    EXPECT_TRUE(none.save().tensors.empty());
    EXPECT_NO_THROW(none.load(aha::state{}));
}

}  // namespace
