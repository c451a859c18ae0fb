#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/tensor.h>
#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <torch/csrc/autograd/autograd.h>
#include <vector>

#include <aha/concepts/objective.hpp>
#include <aha/core/error.hpp>
#include <aha/core/labeled_text.hpp>
#include <aha/core/preference_pair.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/loss/bradley_terry.hpp>
#include <aha/loss/pointwise.hpp>
#include <aha/model/pack.hpp>
#include <aha/update/plan_microbatches.hpp>

/// What a reward model can learn from, seen alike: a record has texts, whose scores give a loss and a verdict.
namespace aha::detail {

template <class Record>
struct reward_record;

template <>
struct reward_record<preference_pair> {
    static constexpr const char* whose = "the pairs";
    using default_loss = bradley_terry;

    template <class L>
    static constexpr bool fits = requires(const L& loss, const at::Tensor& t) {
        { loss(t, t, t) } -> std::convertible_to<at::Tensor>;
    };
    template <class L>
    static consteval bool require_loss() {
        static_assert(fits<L>,
                      "aha: a loss of preference pairs is called as a const object with the scores of the chosen and "
                      "of the rejected texts and with their margins, [P] each; write: at::Tensor operator()(const "
                      "at::Tensor& chosen, const at::Tensor& rejected, const at::Tensor& margins) const;");
        return true;
    }

    static text_group texts(const preference_pair& pair) { return {pair.chosen, pair.rejected}; }
    static double number(const preference_pair& pair) { return pair.margin; }

    static void check(const preference_pair& pair) {
        require(!pair.chosen.empty() && !pair.rejected.empty(), "pair ", pair.index, " has a side without tokens");
        require(pair.chosen != pair.rejected, "both sides of pair ", pair.index, " are the same");
        require(std::isfinite(pair.margin), "the margin of pair ", pair.index, " must be finite, not ", pair.margin);
    }

    /// @param scores [2P]
    /// @param margins [P]
    /// @return [P]
    template <class Loss>
    static at::Tensor losses(const Loss& loss, const at::Tensor& scores, const at::Tensor& margins) {
        const at::Tensor both = scores.view({-1, 2});
        return loss(both.select(1, 0), both.select(1, 1), margins);
    }

    /// How much higher the chosen text's score is, [P].
    static at::Tensor margin(const at::Tensor& scores, const at::Tensor&) {
        const at::Tensor both = scores.view({-1, 2});
        return both.select(1, 0) - both.select(1, 1);
    }
};

template <>
struct reward_record<labeled_text> {
    static constexpr const char* whose = "the labeled texts";
    using default_loss = pointwise;

    template <class L>
    static constexpr bool fits = requires(const L& loss, const at::Tensor& t) {
        { loss(t, t) } -> std::convertible_to<at::Tensor>;
    };
    template <class L>
    static consteval bool require_loss() {
        static_assert(fits<L>,
                      "aha: a loss of labeled texts is called as a const object with scores and labels, [S] each; "
                      "write: at::Tensor operator()(const at::Tensor& scores, const at::Tensor& labels) const;");
        return true;
    }

    static text_group texts(const labeled_text& text) { return {text.ids}; }
    static double number(const labeled_text& text) { return text.label; }

    static void check(const labeled_text& text) {
        require(!text.ids.empty(), "text ", text.index, " has no tokens");
        require(text.label >= 0 && text.label <= 1, "the label of text ", text.index, " must lie in 0 .. 1, not ",
                text.label);
    }

    /// @param scores, labels [S]
    /// @return [S]
    template <class Loss>
    static at::Tensor losses(const Loss& loss, const at::Tensor& scores, const at::Tensor& labels) {
        return loss(scores, labels);
    }

    /// How far each score is on its label's side of zero, [S].
    static at::Tensor margin(const at::Tensor& scores, const at::Tensor& labels) {
        return scores * (labels > 0.5).to(at::kFloat).mul(2).sub(1);
    }
};

/// Tokens of all texts of a record; what they share is counted for each.
template <class Record>
std::int64_t tokens_of_record(const Record& record) {
    std::int64_t tokens = 0;
    for (const auto& text : reward_record<Record>::texts(record)) tokens += std::ssize(text);
    return tokens;
}

}  // namespace aha::detail

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

/// Scores the records in microbatches of at most `budget` tokens (one over the budget is one of its own) and gives each
/// one's share of the mean loss to `learn`, a differentiable scalar: every record has the same denominator, however the
/// records are cut.
template <class Model, class Loss, class Record, class Learn>
reward_metrics score_records(const Model& model, const Loss& loss, std::span<const Record* const> records,
                             std::int64_t budget, const Learn& learn, std::size_t of_records,
                             const microbatch_hook& before = no_hook()) {
    using of = reward_record<Record>;
    require(of_records > 0, "there is nothing to score among ", of::whose);
    const double share = 1.0 / static_cast<double>(of_records);
    reward_metrics metrics;
    const auto plan =
        plan_microbatches(records, budget, [](const Record* one) { return packed_size{tokens_of_record(*one)}; });
    for (const std::vector<const Record*>& part : plan) {
        std::vector<text_group> groups;
        std::vector<float> numbers;
        before(static_cast<std::size_t>(&part - plan.data()), plan.size());
        for (const Record* const one : part) {
            groups.push_back(of::texts(*one));
            numbers.push_back(static_cast<float>(of::number(*one)));
        }
        const at::Device device = Model::tensor_policy::device();
        const at::Tensor targets = at::tensor(numbers, at::kFloat).to(device);
        const at::Tensor scores = model.scores(pack_texts(groups, packing_for(model)));
        const at::Tensor loss_share = of::losses(loss, scores, targets).sum() * share;
        learn(loss_share);

        const at::NoGradGuard no_gradients;
        const at::Tensor margin = of::margin(scores, targets);
        metrics.loss += loss_share.template item<double>();
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
