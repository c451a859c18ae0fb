#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/index_add.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <torch/csrc/autograd/autograd.h>
#include <vector>

#include <aha/concepts/objective.hpp>
#include <aha/core/error.hpp>
#include <aha/core/preference_log_probs.hpp>
#include <aha/core/preference_pair.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/kernels/to_device.hpp>
#include <aha/model/pack.hpp>
#include <aha/update/packed_log_probs.hpp>
#include <aha/update/plan_microbatches.hpp>

namespace aha {

/// A pair with what the reference policy says of it.
struct preference_item {
    const preference_pair* pair = nullptr;        ///< both sides
    std::array<double, 2> reference_log_probs{};  ///< of the whole chosen and rejected completion; 0 if not needed
};

/// How many tokens both sides of a pair begin with that are the prompt: what the pair says, or all that they have in
/// common. At least one token of each side is left, its completion.
inline std::int64_t prompt_size(const preference_pair& pair) {
    if (pair.prompt_tokens > 0) return pair.prompt_tokens;
    const auto last = std::min(std::ssize(pair.chosen), std::ssize(pair.rejected)) - 1;
    const auto first = pair.chosen.begin();
    return std::mismatch(first, first + std::max<std::ptrdiff_t>(last, 0), pair.rejected.begin()).first - first;
}

/// Throws `aha::error` for a pair whose sides are not two completions of one prompt.
inline void check_completions(const preference_pair& pair) {
    const std::int64_t prompt = prompt_size(pair);
    const auto shortest = std::min(std::ssize(pair.chosen), std::ssize(pair.rejected));
    require(prompt > 0, "the sides of pair ", pair.index, " begin with different tokens: there is no prompt");
    require(prompt < shortest, "the prompt of pair ", pair.index, " has ", prompt, " tokens, and a side ", shortest,
            ": nothing is left of its completion");
    require(std::equal(pair.chosen.begin(), pair.chosen.begin() + prompt, pair.rejected.begin()), "the sides of pair ",
            pair.index, " differ in their first ", prompt, " tokens, which are said to be the prompt");
    require(pair.chosen != pair.rejected, "both sides of pair ", pair.index, " are the same");
}

/// Tokens of both sides; the prompt is counted for each.
inline std::int64_t pair_tokens(const preference_pair& pair) {
    return std::ssize(pair.chosen) + std::ssize(pair.rejected);
}

/// Microbatches of at most `budget` tokens, where a pair has its prompt once; a pair over the budget is one of its own.
inline std::vector<std::vector<preference_item>> plan_pairs(std::span<const preference_item> items,
                                                            std::int64_t budget) {
    return plan_microbatches(items, budget, [](const preference_item& item) {
        const std::int64_t prompt = prompt_size(*item.pair);
        return packed_size{.own = pair_tokens(*item.pair) - prompt,
                           .beginning = std::span{item.pair->chosen}.first(static_cast<std::size_t>(prompt))};
    });
}

/// Log-probs of whole completions, pair by pair, differentiable unless gradients are switched off. Both sides of a pair
/// continue one prompt, which is computed once. The sums over tokens are taken in float64: of a long completion they
/// are large, and a loss looks at small differences between them.
template <class Model>
preference_log_probs pair_log_probs(const Model& model, std::span<const preference_item> items) {
    std::vector<token_group> groups;
    std::vector<std::int64_t> whose;  // [N] which side each predicted token belongs to: 2 pair + side
    std::vector<double> tokens, reference;
    for (const preference_item& item : items) {
        const auto prompt = static_cast<std::size_t>(prompt_size(*item.pair));
        token_group& group = groups.emplace_back();
        group.trunk = std::span{item.pair->chosen}.first(prompt);
        for (const auto* const side : {&item.pair->chosen, &item.pair->rejected}) {
            group.branches.push_back(std::span{*side}.subspan(prompt));
            whose.insert(whose.end(), side->size() - prompt, std::ssize(tokens));
            tokens.push_back(static_cast<double>(side->size() - prompt));
        }
        reference.insert(reference.end(), item.reference_log_probs.begin(), item.reference_log_probs.end());
    }
    const at::Device device = Model::tensor_policy::device();
    const at::Tensor log_probs = packed_log_probs(model, pack_groups(groups, packing_for(model))).log_probs;  // [N]
    const at::Tensor sums = at::zeros({std::ssize(tokens)}, log_probs.options().dtype(at::kDouble))
                                .index_add(0, to_device(whose, device), log_probs.to(at::kDouble))
                                .view({-1, 2});                                // [P, 2]
    const at::Tensor references = to_device(reference, device).view({-1, 2});  // [P, 2]
    const at::Tensor counts = to_device(tokens, device).view({-1, 2});         // [P, 2]
    const auto side = [&](std::int64_t n) {
        return side_log_probs{sums.select(1, n), references.select(1, n), counts.select(1, n)};
    };
    return {side(0), side(1)};
}

/// The log-probs of both completions of each pair under `model`, without gradients: what a reference policy says.
/// @return [pairs] of the chosen and of the rejected one
template <class Model>
std::vector<std::array<double, 2>> measure_pair_log_probs(const Model& model,
                                                          std::span<const preference_pair* const> pairs,
                                                          std::int64_t budget) {
    const at::NoGradGuard no_gradients;
    std::vector<preference_item> items;
    for (const preference_pair* const pair : pairs) items.push_back({pair, {}});
    std::vector<std::array<double, 2>> each;
    for (const std::vector<preference_item>& part : plan_pairs(items, budget)) {
        const preference_log_probs found = pair_log_probs(model, std::span{part});
        const at::Tensor both = at::stack({found.chosen.policy, found.rejected.policy}, 1).cpu().contiguous();
        const double* const values = both.template const_data_ptr<double>();
        for (std::size_t n = 0; n < part.size(); ++n) each.push_back({values[2 * n], values[2 * n + 1]});
    }
    return each;
}

/// How a policy does on pairs: means over the pairs of a whole batch.
struct preference_metrics {
    double loss = 0;               ///< by the loss that is minimized
    double chosen_reward = 0;      ///< implicit reward of the chosen completions, by the loss
    double rejected_reward = 0;    ///< of the rejected ones
    double accuracy = 0;           ///< share of the pairs whose chosen completion has the higher reward
    double chosen_log_prob = 0;    ///< log-prob of the whole chosen completions
    double rejected_log_prob = 0;  ///< of the rejected ones

    /// By how much the chosen completion's reward is the higher.
    double margin() const { return chosen_reward - rejected_reward; }

    /// What all ranks measured of their shares of a batch.
    template <class Communicator>
    preference_metrics joined(const Communicator& ranks) const {
        const std::vector<double> all =
            sum_numbers(ranks, {loss, chosen_reward, rejected_reward, accuracy, chosen_log_prob, rejected_log_prob});
        return {all[0], all[1], all[2], all[3], all[4], all[5]};
    }
};

namespace detail {

/// Gives each microbatch's share of the mean loss to `learn`, a differentiable scalar: every pair has the same
/// denominator, however the pairs are cut.
template <class Model, class Loss, class Learn>
preference_metrics judge_pairs(const Model& model, const Loss& loss, std::span<const preference_item> items,
                               std::int64_t budget, std::size_t of_pairs, const Learn& learn,
                               const microbatch_hook& before = no_hook()) {
    require(of_pairs > 0, "there are no pairs to learn from or to measure");
    const double share = 1.0 / static_cast<double>(of_pairs);
    std::vector<at::Tensor> found;  // on the device, which is not waited for before the last is on its way
    const auto plan = plan_pairs(items, budget);
    for (const std::vector<preference_item>& part : plan) {
        before(static_cast<std::size_t>(&part - plan.data()), plan.size());
        preference_log_probs pairs = pair_log_probs(model, std::span{part});
        if (!loss.needs_reference()) pairs.chosen.reference = pairs.rejected.reference = at::Tensor{};
        const at::Tensor losses = loss(pairs);
        require(losses.dim() == 1 && losses.size(0) == std::ssize(part), "a preference loss gave a tensor of sizes ",
                losses.sizes(), " for ", part.size(), " pairs");
        const at::Tensor sum = losses.sum();
        learn(sum * share);

        const at::NoGradGuard no_gradients;
        const at::Tensor chosen = loss.rewards(pairs.chosen), rejected = loss.rewards(pairs.rejected);
        found.push_back(at::stack({sum.detach().to(at::kDouble), chosen.sum(at::kDouble), rejected.sum(at::kDouble),
                                   (chosen > rejected).sum(at::kDouble), pairs.chosen.policy.detach().sum(),
                                   pairs.rejected.policy.detach().sum()}));
    }
    preference_metrics sums;
    for (const at::Tensor& one : found) {
        const at::Tensor here = one.cpu();
        const double* const value = here.template const_data_ptr<double>();
        sums.loss += share * value[0];
        sums.chosen_reward += share * value[1];
        sums.rejected_reward += share * value[2];
        sums.accuracy += share * value[3];
        sums.chosen_log_prob += share * value[4];
        sums.rejected_log_prob += share * value[5];
    }
    return sums;
}

}  // namespace detail

/// Adds the gradient of the mean loss of the pairs to the model's gradients, microbatch by microbatch.
/// @param loss a `preference_loss`
/// @param budget most tokens of a microbatch
/// @param of_pairs how many pairs the whole batch has, of which these may be a part; 0: these
/// @param before called before each microbatch; see `gradient_reduction`
template <class Model, class Loss>
preference_metrics accumulate_preferences(const Model& model, const Loss& loss, std::span<const preference_item> items,
                                          std::int64_t budget, std::size_t of_pairs = 0,
                                          const microbatch_hook& before = no_hook()) {
    return detail::judge_pairs(
        model, loss, items, budget, of_pairs > 0 ? of_pairs : items.size(),
        [](const at::Tensor& part) { torch::autograd::backward({part}, {}); }, before);
}

/// The same metrics without gradients.
template <class Model, class Loss>
preference_metrics measure_preferences(const Model& model, const Loss& loss, std::span<const preference_item> items,
                                       std::int64_t budget, std::size_t of_pairs = 0) {
    const at::NoGradGuard no_gradients;
    return detail::judge_pairs(model, loss, items, budget, of_pairs > 0 ? of_pairs : items.size(),
                               [](const at::Tensor&) {});
}

}  // namespace aha
