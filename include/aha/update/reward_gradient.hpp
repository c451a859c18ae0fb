#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <torch/csrc/autograd/autograd.h>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/model/pack_texts.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/update/reward_records.hpp>
#include <aha/concepts/objective.hpp>

namespace aha {

/// How a reward model did on pairs or labeled texts.
struct reward_metrics {
    double loss = 0;  ///< mean over the records
    double accuracy =
        0;              ///< share of pairs whose chosen text has the higher score; of texts on their label's side of 0
    double margin = 0;  ///< mean of chosen score - rejected score; of the score, negated where the label is bad
    double texts = 0;   ///< how many were scored
    double mean_reward = 0;                                        ///< of all texts
    double min_reward = std::numeric_limits<double>::infinity();   ///< of all texts
    double max_reward = -std::numeric_limits<double>::infinity();  ///< of all texts

    /// What all ranks measured of their shares of a batch.
    template <class Communicator>
    reward_metrics joined(const Communicator& ranks) const {
        if (ranks.size() == 1) return *this;
        reward_metrics all;
        for (const std::vector<double>& of :
             gather_numbers(ranks, {loss, accuracy, margin, texts, mean_reward * texts, min_reward, max_reward})) {
            all.loss += of[0], all.accuracy += of[1], all.margin += of[2], all.texts += of[3];
            all.mean_reward += of[4];
            all.min_reward = std::min(all.min_reward, of[5]);
            all.max_reward = std::max(all.max_reward, of[6]);
        }
        all.mean_reward /= all.texts;
        return all;
    }
};

namespace detail {

/// Scores the records in parts of at most `budget` tokens (one over the budget is a part of its own) and gives each
/// part's share of the mean loss to `learn`, a differentiable scalar: every record has the same denominator, however
/// the records are cut.
template <class Model, class Loss, class Record, class Learn>
reward_metrics score_records(const Model& model, const Loss& loss, std::span<const Record* const> records,
                             std::int64_t budget, const Learn& learn, std::size_t of_records,
                             const microbatch_hook& before = no_hook()) {
    using of = reward_record<Record>;
    require(of_records > 0, "there is nothing to score among ", of::whose);
    const double share = 1.0 / static_cast<double>(of_records);
    reward_metrics metrics;
    std::vector<std::size_t> ends;  // of the parts
    for (std::size_t from = 0, to = 0; from < records.size(); from = to) {
        for (std::int64_t used = 0; to < records.size(); ++to) {
            used += tokens_of_record(*records[to]);
            if (used > budget && to > from) break;
        }
        ends.push_back(to);
    }
    for (std::size_t n = 0, to = 0; n < ends.size(); ++n) {
        std::vector<text_group> groups;
        std::vector<float> numbers;
        before(n, ends.size());
        for (; to < ends[n]; ++to) {
            groups.push_back(of::texts(*records[to]));
            numbers.push_back(static_cast<float>(of::number(*records[to])));
        }
        const at::Device device = Model::tensor_policy::device();
        const at::Tensor targets = at::tensor(numbers, at::kFloat).to(device);
        const at::Tensor scores = model.scores(pack_texts(groups, device));
        const at::Tensor part = of::losses(loss, scores, targets).sum() * share;
        learn(part);

        const at::NoGradGuard no_gradients;
        const at::Tensor margin = of::margin(scores, targets);
        metrics.loss += part.template item<double>();
        metrics.accuracy += share * (margin > 0).sum().template item<double>();
        metrics.margin += share * margin.sum(at::kDouble).template item<double>();
        metrics.mean_reward += scores.sum(at::kDouble).template item<double>();
        metrics.min_reward = std::min(metrics.min_reward, scores.min().template item<double>());
        metrics.max_reward = std::max(metrics.max_reward, scores.max().template item<double>());
        metrics.texts += static_cast<double>(scores.numel());
    }
    if (metrics.texts > 0) metrics.mean_reward /= metrics.texts;
    return metrics;
}

}  // namespace detail

/// Adds the gradient of the mean loss of the records to the gradients of the model's body and head, microbatch by
/// microbatch.
/// @param model a `reward_model`
/// @param loss of scores and margins or labels: `bradley_terry` for pairs, `pointwise` for labeled texts
/// @param budget most tokens of a microbatch
/// @param of_records how many records the whole batch has, of which these may be a part; 0: these
/// @param before called before each microbatch; see `gradient_reduction`
template <class Model, class Loss, class Record>
reward_metrics accumulate_reward_gradient(const Model& model, const Loss& loss, std::span<const Record* const> records,
                                          std::int64_t budget, std::size_t of_records = 0,
                                          const microbatch_hook& before = no_hook()) {
    return detail::score_records(
        model, loss, records, budget, [](const at::Tensor& part) { torch::autograd::backward({part}, {}); },
        of_records > 0 ? of_records : records.size(), before);
}

/// The same metrics without gradients.
template <class Model, class Loss, class Record>
reward_metrics measure_rewards(const Model& model, const Loss& loss, std::span<const Record* const> records,
                               std::int64_t budget, std::size_t of_records = 0) {
    const at::NoGradGuard no_gradients;
    return detail::score_records(
        model, loss, records, budget, [](const at::Tensor&) {}, of_records > 0 ? of_records : records.size());
}

}  // namespace aha
