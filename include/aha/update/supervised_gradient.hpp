#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/index_select.h>
#include <cstdint>
#include <span>
#include <torch/csrc/autograd/autograd.h>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/dist/one_process.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/model/pack.hpp>
#include <aha/loss/chunked_log_probs.hpp>
#include <aha/concepts/objective.hpp>

namespace aha {

/// Cuts examples into parts of at most `budget` tokens; one over the budget is a part of its own.
inline std::vector<std::vector<const supervised_example*>> plan_examples(
    std::span<const supervised_example* const> examples, std::int64_t budget) {
    std::vector<std::vector<const supervised_example*>> plan;
    std::int64_t used = 0;
    for (const supervised_example* const one : examples) {
        if (plan.empty() || used + std::ssize(one->ids) > budget) {
            plan.emplace_back();
            used = 0;
        }
        plan.back().push_back(one);
        used += std::ssize(one->ids);
    }
    return plan;
}

/// Log-probs of the loss tokens of packed examples, example after example; no logits tensor.
/// @return [N] float32
template <class Model>
at::Tensor example_log_probs(const Model& model, const packed_examples& packed) {
    const at::Tensor hidden = model.hidden(packed.batch).index_select(0, packed.predictions.rows);  // [N, D]
    // Logits of a small batch are cheaper kept than computed again; with bfloat16 there is memory left for more.
    const std::int64_t keep_bytes = hidden.scalar_type() == at::kFloat ? 256 << 20 : 512 << 20;
    return compute_log_probs(hidden, model.head(), packed.predictions.targets, {.keep_bytes = keep_bytes}).log_probs;
}

/// What a pass over examples adds up.
struct supervised_sums {
    double loss = 0;    ///< mean over loss tokens
    double tokens = 0;  ///< loss tokens
};

/// How many tokens of the examples are learned.
inline double count_loss_tokens(std::span<const supervised_example* const> examples) {
    double tokens = 0;
    for (const supervised_example* const one : examples) tokens += static_cast<double>(num_loss_tokens(*one));
    return tokens;
}

/// Adds the gradient of the sum of `loss` over the loss tokens of the examples, divided by `denominator`, to the
/// model's gradients, microbatch by microbatch: every token has the same denominator, however the examples are cut,
/// packed or sharded.
/// @param denominator the loss tokens of the whole batch, of which these may be a part; 0: of these
/// @param before called before each microbatch; see `gradient_reduction`
template <class Model, class Loss>
supervised_sums accumulate_supervised(const Model& model, const Loss& loss,
                                      std::span<const supervised_example* const> examples, std::int64_t budget,
                                      double denominator = 0, const microbatch_hook& before = no_hook()) {
    supervised_sums sums{.tokens = denominator > 0 ? denominator : count_loss_tokens(examples)};
    std::vector<at::Tensor> losses;  // on the device, which is not waited for before the last is on its way
    const auto plan = plan_examples(examples, budget);
    for (const auto& part : plan) {
        before(static_cast<std::size_t>(&part - plan.data()), plan.size());
        const packed_examples packed = pack_examples(part, packing_for(model));
        const at::Tensor sum = loss(example_log_probs(model, packed)).sum() / sums.tokens;
        torch::autograd::backward({sum}, {});
        losses.push_back(sum.detach());
    }
    for (const at::Tensor& loss_of_part : losses) sums.loss += loss_of_part.item<double>();
    return sums;
}

/// The sum of `loss` over all loss tokens, without gradients.
template <class Model, class Loss>
double sum_supervised_loss(const Model& model, const Loss& loss, std::span<const supervised_example* const> examples,
                           std::int64_t budget) {
    const at::NoGradGuard no_gradients;
    double sum = 0;
    for (const auto& part : plan_examples(examples, budget)) {
        const packed_examples packed = pack_examples(part, packing_for(model));
        sum += loss(example_log_probs(model, packed)).sum().template item<double>();
    }
    return sum;
}

/// The mean of `loss` over all loss tokens, without gradients: the evaluation loss. Of several ranks each calls it,
/// with the same examples.
template <class Model, class Loss, class Communicator = one_process>
double mean_supervised_loss(const Model& model, const Loss& loss, std::span<const supervised_example> examples,
                            std::int64_t budget, const Communicator& ranks = {}) {
    std::vector<const supervised_example*> all;
    for (const supervised_example& one : examples) all.push_back(&one);
    const double tokens = count_loss_tokens(all);
    require(tokens > 0, "there are no examples to evaluate on");
    const auto length = [](const supervised_example* one) { return std::ssize(one->ids); };
    const double own = sum_supervised_loss(model, loss, local_shard(ranks, std::move(all), length), budget);
    return sum_numbers(ranks, {own}).front() / tokens;
}

}  // namespace aha
