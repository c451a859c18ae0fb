#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <cstdint>
#include <span>
#include <torch/csrc/autograd/autograd.h>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/dist/one_process.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/model/pack.hpp>
#include <aha/concepts/objective.hpp>
#include <aha/update/packed_log_probs.hpp>
#include <aha/update/plan_microbatches.hpp>

namespace aha {

/// Microbatches of at most `budget` tokens; an example over the budget is one of its own.
inline std::vector<std::vector<const supervised_example*>> plan_examples(
    std::span<const supervised_example* const> examples, std::int64_t budget) {
    return plan_microbatches(examples, budget, [](const supervised_example* one) {
        return packed_size{.own = std::ssize(one->ids), .beginning = one->ids};
    });
}

/// Log-probs of the loss tokens of packed examples, example after example.
/// @return [N] float32
template <class Model>
at::Tensor example_log_probs(const Model& model, const packed_examples& packed) {
    return packed_log_probs(model, packed).log_probs;
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
