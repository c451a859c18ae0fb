#pragma once

#include <ATen/core/Tensor.h>
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <aha/core/collective.hpp>
#include <aha/concepts/objective.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/model/sharding.hpp>

namespace aha {

/// A model that says during the backward pass which gradients are final: `gradient_buckets()` gives the offsets into
/// `weights()` from which on they become so, in that order, and `on_gradients_ready(f)` has `f(offset)` called at each.
template <class Model>
concept reports_ready_gradients = requires(Model& m, std::function<void(std::int64_t)> f) {
    m.on_gradients_ready(f);
    { m.gradient_buckets() } -> std::same_as<std::vector<std::int64_t>>;
};

/// One gradient of a model, from zero, added over the ranks: in buckets, each as soon as the backward pass has made its
/// gradients, so that the ranks exchange those of the last layers while they compute those of the first (Li et al.
/// 2020, section 3.2.3). The buckets and their order are the same on every rank, also on one that has nothing to
/// compute. A model that is sharded exchanges a layer at a time after every microbatch, and ranks with fewer
/// microbatches take part in those of the others.
template <class Model, class Communicator>
class gradient_reduction {
public:
    static constexpr std::int64_t default_bucket_bytes = 25 << 20;  ///< PyTorch's

    /// @param model and `ranks` outlive it
    gradient_reduction(Model& model, const Communicator& ranks, std::int64_t bucket_bytes = default_bucket_bytes)
        : model_{&model}, ranks_{&ranks} {
        if constexpr (can_be_sharded<Model>) model.zero_gradients();
        else model.weights().zero_gradients();
        std::int64_t end = model.weights().gradients().numel();
        if constexpr (reports_ready_gradients<Model>)
            for (const std::int64_t offset : model.gradient_buckets())
                if ((end - offset) * 4 >= bucket_bytes) buckets_.emplace_back(offset, std::exchange(end, offset));
        buckets_.emplace_back(0, end);
    }
    gradient_reduction(const gradient_reduction&) = delete;
    gradient_reduction& operator=(const gradient_reduction&) = delete;
    ~gradient_reduction() { stop_watching(); }

    /// For the `accumulate_...` functions.
    microbatch_hook hook() {
        if constexpr (can_be_sharded<Model> || reports_ready_gradients<Model>)
            return [this](std::size_t index, std::size_t count) {
                if constexpr (can_be_sharded<Model>)
                    if (is_sharded(*model_)) return next_pass(index, count);
                if constexpr (reports_ready_gradients<Model>)
                    if (index + 1 == count && ranks_->size() > 1)
                        model_->on_gradients_ready([this](std::int64_t offset) { begin_from(offset); });
            };
        else return [](std::size_t, std::size_t) {};
    }

    /// Ends the exchange: the gradients are the sums over the ranks.
    void finish() {
        if constexpr (can_be_sharded<Model>)
            if (is_sharded(*model_)) {
                if (passes_ > 0) model_->end_backward();
                else agree(0);
                for (std::size_t n = passes_; n < most_passes_; ++n) model_->idle_backward();
                model_->finish_gradients();
                return;
            }
        stop_watching();
        begin_from(0);
        for (collective& call : calls_) call.wait();
        calls_.clear();
    }

private:
    static constexpr bool in_background =
        requires(const Communicator& c, const at::Tensor& t) { c.all_reduce_async(t); };

    void next_pass(std::size_t index, std::size_t count) {
        if constexpr (can_be_sharded<Model>) {
            if (index == 0) agree(count);
            else model_->end_backward();
            model_->begin_backward();
        }
    }

    /// How many microbatches the rank with the most has.
    void agree(std::size_t own) {
        passes_ = own;
        for (const std::vector<double>& theirs : gather_numbers(*ranks_, {static_cast<double>(own)}))
            most_passes_ = std::max(most_passes_, static_cast<std::size_t>(theirs.front()));
    }

    void stop_watching() {
        if constexpr (reports_ready_gradients<Model>) model_->on_gradients_ready({});
    }

    /// The gradients from `offset` on are final.
    void begin_from(std::int64_t offset) {
        for (; begun_ < buckets_.size() && buckets_[begun_].first >= offset; ++begun_) {
            const auto [begin, end] = buckets_[begun_];
            const at::Tensor bucket = model_->weights().gradients().narrow(0, begin, end - begin);
            if constexpr (in_background) calls_.push_back(ranks_->all_reduce_async(bucket));
            else ranks_->all_reduce(bucket);
        }
    }

    Model* model_;
    const Communicator* ranks_;
    std::vector<std::pair<std::int64_t, std::int64_t>> buckets_;  // [begin, end), in the order of the backward pass
    std::size_t begun_ = 0;
    std::vector<collective> calls_;
    std::size_t passes_ = 0, most_passes_ = 0;  // of a model that is sharded
};

}  // namespace aha
