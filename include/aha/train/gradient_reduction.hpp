#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <aha/dist/process_group.hpp>

namespace aha {

/// A model that says during the backward pass which gradients are final: `backward_stages()` gives the offsets into
/// `weights()` from which on they become so, in that order, and `watch_backward(f)` has `f(offset)` called at each.
template <class Model>
concept tells_final_gradients = requires(Model& m, std::function<void(std::int64_t)> f) {
    m.watch_backward(f);
    { m.backward_stages() } -> std::same_as<std::vector<std::int64_t>>;
};

/// Adds the gradients of a model over the ranks in buckets, each as soon as the backward pass has made its gradients:
/// the ranks exchange those of the last layers while they compute those of the first (Li et al. 2020, section 3.2.3).
/// The buckets and their order are the same on every rank, also on one that has nothing to compute.
template <class Model, class Communicator>
class gradient_reduction {
public:
    static constexpr std::int64_t default_bucket_bytes = 25 << 20;  ///< PyTorch's

    /// @param model and `ranks` outlive it
    gradient_reduction(Model& model, const Communicator& ranks, std::int64_t bucket_bytes = default_bucket_bytes)
        : model_{&model}, ranks_{&ranks} {
        std::int64_t end = model.weights().gradients().numel();
        if constexpr (tells_final_gradients<Model>)
            for (const std::int64_t offset : model.backward_stages())
                if ((end - offset) * 4 >= bucket_bytes) buckets_.emplace_back(offset, std::exchange(end, offset));
        buckets_.emplace_back(0, end);
    }
    gradient_reduction(const gradient_reduction&) = delete;
    gradient_reduction& operator=(const gradient_reduction&) = delete;
    ~gradient_reduction() { stop_watching(); }

    /// What is computed next is the last to add to the gradients. A callable, for the `accumulate_...` functions.
    std::function<void()> before_last() {
        return [this] {
            if constexpr (tells_final_gradients<Model>)
                if (ranks_->size() > 1)
                    model_->watch_backward([this](std::int64_t offset) { begin_from(offset); });
        };
    }

    /// Ends the exchange: the gradients are the sums over the ranks.
    void finish() {
        stop_watching();
        begin_from(0);
        for (auto& call : calls_) call.wait();
        calls_.clear();
    }

private:
    static constexpr bool in_background = requires(const Communicator& c, const at::Tensor& t) { c.begin_sum(t); };

    void stop_watching() {
        if constexpr (tells_final_gradients<Model>) model_->watch_backward({});
    }

    /// The gradients from `offset` on are final.
    void begin_from(std::int64_t offset) {
        for (; begun_ < buckets_.size() && buckets_[begun_].first >= offset; ++begun_) {
            const auto [begin, end] = buckets_[begun_];
            const at::Tensor bucket = model_->weights().gradients().narrow(0, begin, end - begin);
            if constexpr (in_background) calls_.push_back(ranks_->begin_sum(bucket));
            else ranks_->sum(bucket);
        }
    }

    Model* model_;
    const Communicator* ranks_;
    std::vector<std::pair<std::int64_t, std::int64_t>> buckets_;  // [begin, end), in the order of the backward pass
    std::size_t begun_ = 0;
    std::vector<joint_call> calls_;
};

}  // namespace aha
