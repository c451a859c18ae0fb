#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <torch/csrc/autograd/autograd.h>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/dist/bytes.hpp>
#include <aha/kernels/to_device.hpp>
#include <aha/loss/chunked_log_probs.hpp>
#include <aha/update/minibatch.hpp>
#include <aha/update/packed_log_probs.hpp>
#include <aha/concepts/objective.hpp>

namespace aha {

namespace detail {

/// Whether a loss reads `policy_batch::entropies`.
template <class Loss>
bool wants_entropy(const Loss& loss) {
    if constexpr (requires { loss.needs_entropy(); }) return loss.needs_entropy();
    else return false;
}

}  // namespace detail

/// What a pass over items adds up.
struct gradient_sums {
    double loss = 0;                     ///< sum of weight x per-token loss
    std::map<std::string, double> sums;  ///< of the loss policy's metrics, over tokens
    double tokens = 0;                   ///< completion tokens trained on
    double largest_gap = 0;              ///< of |trainer's - sampler's log-prob|, meaningful before the first update
    double gap = 0;                      ///< sum of the same over tokens

    /// Adds another microbatch's.
    gradient_sums& operator+=(const gradient_sums& other) {
        loss += other.loss;
        tokens += other.tokens;
        largest_gap = std::max(largest_gap, other.largest_gap);
        gap += other.gap;
        for (const auto& [name, value] : other.sums) sums[name] += value;
        return *this;
    }

    /// What all ranks added up. A rank without items has no sums of the loss's metrics, so these travel by name.
    template <class Communicator>
    gradient_sums joined(const Communicator& ranks) const {
        if (ranks.size() == 1) return *this;
        detail::byte_writer mine;
        mine.put(loss), mine.put(tokens), mine.put(largest_gap), mine.put(gap), mine.put_pairs(sums);
        gradient_sums all;
        for (const std::string& bytes : ranks.all_gather(mine.take())) {
            detail::byte_reader theirs{bytes};
            gradient_sums one;
            one.loss = theirs.get<double>();
            one.tokens = theirs.get<double>();
            one.largest_gap = theirs.get<double>();
            one.gap = theirs.get<double>();
            one.sums = theirs.get_pairs<std::map<std::string, double>>();
            all += one;
        }
        return all;
    }
};

/// Adds the gradient of `loss` over the items to the model's gradients, microbatch by microbatch. Each token's term
/// carries its own denominator, so the result does not depend on how the items are cut or packed.
/// The device is not waited for before the last microbatch is on its way. A loss that needs a reference reads the
/// items' `ref_log_probs`; throws `aha::error` if they have none.
/// @param before called before each microbatch; see `gradient_reduction`
template <class Model, class Loss>
gradient_sums accumulate_gradient(const Model& model, const Loss& loss, std::span<const training_item> items,
                                  std::int64_t budget, double temperature, const microbatch_hook& before = no_hook()) {
    const at::Device device = Model::tensor_policy::device();
    gradient_sums total;
    std::vector<loss_output> outputs;  // of each microbatch, on the device
    std::vector<at::Tensor> gaps;
    const std::vector<std::vector<training_item>> plan = plan_microbatches(items, budget);
    for (const std::vector<training_item>& part : plan) {
        before(static_cast<std::size_t>(&part - plan.data()), plan.size());
        const packed_groups packed = pack_items(part, packing_for(model));
        std::vector<float> advantages, weights, old, behavior, frozen;
        std::vector<std::int64_t> sequence;
        bool same_policy = true;
        for (std::size_t s = 0; s < part.size(); ++s) {
            const completion& c = part[s].completion();
            const auto append = [](std::vector<float>& to, const auto& from, std::size_t t) {
                if (t < from.size()) to.push_back(from[t]);
            };
            for_each_policy_token(c, [&](std::size_t t) {
                advantages.push_back(part[s].advantage(t));
                weights.push_back(static_cast<float>(part[s].weight));
                sequence.push_back(static_cast<std::int64_t>(s));
                append(behavior, c.behavior_log_probs, t);
                append(old, part[s].old_log_probs, t);
                append(frozen, part[s].ref_log_probs, t);
            });
            same_policy = same_policy && part[s].old_log_probs.empty();
        }
        policy_batch batch;
        const token_log_probs scores =
            packed_log_probs(model, packed, {.temperature = temperature, .entropy = detail::wants_entropy(loss)});
        batch.log_probs = scores.log_probs;
        batch.entropies = scores.entropies;
        batch.old_log_probs = same_policy ? batch.log_probs.detach() : to_device(old, device);
        if (loss.needs_reference()) {
            require(frozen.size() == sequence.size(), "a loss that needs a reference has its log-probs of ",
                    frozen.size(), " of ", sequence.size(), " tokens");
            batch.ref_log_probs = to_device(frozen, device);
        }
        batch.advantages = to_device(advantages, device);
        batch.weights = to_device(weights, device);
        batch.sequence = to_device(sequence, device);
        batch.sequences = static_cast<std::int64_t>(part.size());
        loss_output output = loss(batch);
        torch::autograd::backward({output.loss}, {});
        output.loss = output.loss.detach();
        outputs.push_back(std::move(output));
        total.tokens += static_cast<double>(sequence.size());
        if (behavior.size() == sequence.size())
            gaps.push_back((batch.log_probs.detach() - to_device(behavior, device)).abs());
    }
    for (const loss_output& output : outputs) {
        total.loss += output.loss.template item<double>();
        for (const auto& [name, value] : output.sums) total.sums[name] += value.template item<double>();
    }
    for (const at::Tensor& gap : gaps) {
        total.largest_gap = std::max(total.largest_gap, gap.max().item<double>());
        total.gap += gap.sum().item<double>();
    }
    return total;
}

}  // namespace aha
