#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <torch/csrc/autograd/autograd.h>
#include <utility>
#include <vector>

#include <aha/model/pack.hpp>
#include <aha/core/stopwatch.hpp>
#include <aha/kernels/top_k_rows.hpp>
#include <aha/io/teacher_cache.hpp>
#include <aha/loss/chunked_divergence.hpp>
#include <aha/loss/chunked_log_probs.hpp>
#include <aha/loss/top_k.hpp>
#include <aha/update/check_teacher.hpp>
#include <aha/update/distill_options.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/update/supervised_gradient.hpp>
#include <aha/concepts/objective.hpp>

namespace aha {

/// An example on its way into a gradient.
struct distill_item {
    const supervised_example* example = nullptr;  ///< what is learned
    std::size_t place = 0;                        ///< in the data set
    bool sampled = false;                         ///< its loss tokens are the student's own
};

/// What a pass over items adds up.
struct distill_sums {
    double divergence = 0;       ///< mean over loss tokens
    double cross_entropy = 0;    ///< sum over loss tokens of the data over the count of all loss tokens
    double tokens = 0;           ///< loss tokens
    double teacher_tokens = 0;   ///< that the teacher read; of a cache, whose answers were looked up
    double teacher_seconds = 0;  ///< that this took; on a GPU until all was on its way
    double loss = 0;             ///< divergence + weight * cross_entropy
    double weight = 0;           ///< of the cross-entropy

    /// The same of all ranks, but for the seconds, which are this rank's.
    template <class Communicator>
    distill_sums joined(const Communicator& ranks) const {
        distill_sums all = *this;
        const std::vector<double> added = sum_numbers(ranks, {divergence, cross_entropy, teacher_tokens});
        all.divergence = added[0], all.cross_entropy = added[1], all.teacher_tokens = added[2];
        all.loss = all.divergence + weight * all.cross_entropy;
        return all;
    }
};

namespace detail {

/// Divergences of a microbatch from a teacher that is run.
template <class Model, class Teacher, class Divergence>
at::Tensor microbatch_divergence(const Model& model, const at::Tensor& hidden, const Teacher& teacher,
                                 const packed_examples& packed, std::span<const distill_item> items,
                                 const Divergence& divergence, const divergence_options& options, distill_sums& sums) {
    at::Tensor theirs;  // [N, D2]
    {
        const stopwatch reading;
        const at::NoGradGuard no_gradients;
        theirs = teacher.hidden(packed.batch).index_select(0, packed.predictions.rows);
        sums.teacher_seconds += reading.seconds();
        for (const distill_item& item : items) sums.teacher_tokens += static_cast<double>(item.example->ids.size());
    }
    return token_divergence(hidden, model.head(), theirs, teacher.head(), divergence, options);
}

/// Divergences of a microbatch from a teacher whose answers were kept.
template <class Model, class Divergence>
at::Tensor microbatch_divergence(const Model& model, const at::Tensor& hidden, const teacher_cache& teacher,
                                 const packed_examples&, std::span<const distill_item> items,
                                 const Divergence& divergence, divergence_options options, distill_sums& sums) {
    options.vocabulary = shared_vocabulary(model.head().compute.size(0), teacher, options.vocabulary);
    const stopwatch reading;
    std::vector<at::Tensor> ids, log_probs, tails;
    for (const distill_item& item : items) {
        const top_k_rows rows = teacher.rows(item.place, *item.example);
        ids.push_back(rows.ids);
        log_probs.push_back(rows.log_probs);
        tails.push_back(rows.tail);
        sums.teacher_tokens += static_cast<double>(item.example->ids.size());
    }
    sums.teacher_seconds += reading.seconds();
    const at::Device device = hidden.device();
    return top_k_divergence(hidden, model.head(),
                            {at::cat(ids).to(device), at::cat(log_probs).to(device), at::cat(tails).to(device)},
                            divergence, options);
}

}  // namespace detail

/// Adds the gradient of the mean over all loss tokens of divergence + weight * cross-entropy (the latter where the
/// token is the data's) to the model's gradients, microbatch by microbatch: every token has the same denominator,
/// however the items are cut or packed.
/// @param denominator the loss tokens of the whole batch, of which the items may be a part; 0: of these
/// @param teacher a language model on the student's device, or a `teacher_cache` of the data set
/// @param before called before each microbatch; see `gradient_reduction`
template <class Model, class Teacher, class Divergence>
distill_sums accumulate_distillation(const Model& model, const Teacher& teacher, const Divergence& divergence,
                                     std::span<const distill_item> items, const distill_options& options,
                                     double denominator = 0, const microbatch_hook& before = no_hook()) {
    const at::Device device = Model::tensor_policy::device();
    distill_sums sums;
    std::vector<const supervised_example*> all;
    for (const distill_item& item : items) all.push_back(item.example);
    sums.tokens = denominator > 0 ? denominator : count_loss_tokens(all);
    std::vector<std::pair<at::Tensor, double*>> parts;  // on the device, which is not waited for before the last
    const auto plan = plan_examples(all, options.microbatch_tokens);
    for (const auto& part : plan) {
        before(static_cast<std::size_t>(&part - plan.data()), plan.size());
        const std::span<const distill_item> taken = items.first(part.size());
        items = items.subspan(part.size());
        const packed_examples packed = pack_examples(part, packing_for(model, teacher));
        const at::Tensor hidden = model.hidden(packed.batch).index_select(0, packed.predictions.rows);  // [N, D]
        at::Tensor loss =
            detail::microbatch_divergence(model, hidden, teacher, packed, taken, divergence,
                                          {.temperature = options.temperature, .vocabulary = options.vocabulary}, sums)
                .sum() /
            sums.tokens;
        parts.emplace_back(loss.detach(), &sums.divergence);
        std::vector<std::int64_t> of_data;  // rows whose token is the data's
        std::int64_t row = 0;
        for (const distill_item& item : taken)
            for (const std::int64_t end = row + num_loss_tokens(*item.example); row < end; ++row)
                if (!item.sampled) of_data.push_back(row);
        if (options.cross_entropy > 0 && !of_data.empty()) {
            const at::Tensor rows = at::tensor(of_data, at::kLong).to(device);
            const at::Tensor log_probs = compute_log_probs(hidden.index_select(0, rows), model.head(),
                                                           packed.predictions.targets.index_select(0, rows))
                                             .log_probs;
            const at::Tensor cross_entropy = -log_probs.sum() / sums.tokens;
            parts.emplace_back(cross_entropy.detach(), &sums.cross_entropy);
            loss = loss + options.cross_entropy * cross_entropy;
        }
        torch::autograd::backward({loss}, {});
    }
    for (const auto& [value, sum] : parts) *sum += value.template item<double>();
    sums.weight = options.cross_entropy;
    sums.loss = sums.divergence + sums.weight * sums.cross_entropy;
    return sums;
}

}  // namespace aha
