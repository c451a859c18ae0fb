#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <c10/util/intrusive_ptr.h>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/dist/heartbeat.hpp>

namespace aha {

/// The ranks of a run, joined by a backend of c10d (Gloo or NCCL): a communicator. A copy joins the same ranks.
class process_group {
public:
    /// One process, nothing to join.
    process_group() = default;

    /// @param store a connection of its own, for the heartbeat
    /// @param device where the backend's tensors are
    process_group(c10::intrusive_ptr<c10d::Backend> backend, c10::intrusive_ptr<c10d::Store> store, c10::Device device)
        : shared_{std::make_shared<shared>(std::move(backend), std::move(store), device)} {}

    /// Which of how many ranks this process is.
    int rank() const { return shared_ ? shared_->backend->getRank() : 0; }
    /// How many ranks there are.
    int size() const { return shared_ ? shared_->backend->getSize() : 1; }

    /// Adds `tensor` over the ranks, in place; the same bits on every rank. Throws `aha::error` naming the rank that
    /// does not join.
    void sum(const at::Tensor& tensor) const {
        if (size() == 1) return;
        join([&](c10d::Backend& backend) {
            std::vector<at::Tensor> one{tensor};
            return backend.allreduce(one);
        });
    }

    /// Overwrites `tensor` with that of rank `from`, in place.
    void broadcast(const at::Tensor& tensor, int from) const {
        if (size() == 1) return;
        join([&](c10d::Backend& backend) {
            std::vector<at::Tensor> one{tensor};
            c10d::BroadcastOptions options;
            options.rootRank = from;
            return backend.broadcast(one, options);
        });
    }

    /// The bytes of every rank, in the order of ranks.
    std::vector<std::string> gather(const std::string& bytes) const {
        if (size() == 1) return {bytes};
        const auto ranks = static_cast<std::int64_t>(size());
        at::Tensor lengths = at::zeros({ranks}, at::kLong);
        lengths[rank()] = static_cast<std::int64_t>(bytes.size());
        lengths = lengths.to(shared_->device);
        sum(lengths);
        lengths = lengths.cpu();
        const auto* const length = lengths.const_data_ptr<std::int64_t>();
        const std::int64_t longest = std::max<std::int64_t>(1, *std::max_element(length, length + ranks));

        at::Tensor mine = at::zeros({longest}, at::kByte);
        std::memcpy(mine.mutable_data_ptr(), bytes.data(), bytes.size());
        const at::Tensor all =
            at::empty({ranks, longest}, at::TensorOptions{}.dtype(at::kByte).device(shared_->device));
        join([&](c10d::Backend& backend) {
            std::vector<std::vector<at::Tensor>> rows{all.unbind(0)};
            std::vector<at::Tensor> one{mine.to(shared_->device)};
            return backend.allgather(rows, one);
        });
        const at::Tensor read = all.cpu();
        std::vector<std::string> gathered;
        for (std::int64_t r = 0; r < ranks; ++r)
            gathered.emplace_back(static_cast<const char*>(read[r].const_data_ptr()),
                                  static_cast<std::size_t>(length[r]));
        return gathered;
    }

private:
    struct shared {
        shared(c10::intrusive_ptr<c10d::Backend> joined, c10::intrusive_ptr<c10d::Store> store, c10::Device where)
            : backend{std::move(joined)},
              alive{std::move(store), backend->getRank(), backend->getSize()},
              device{where} {}
        c10::intrusive_ptr<c10d::Backend> backend;
        heartbeat alive;
        c10::Device device;
    };

    /// Waits for what `start` begins on the backend.
    template <class Start>
    void join(Start start) const {
        const at::NoGradGuard no_gradients;
        shared_->alive.begin_call();
        try {
            start(*shared_->backend)->wait();
        } catch (const std::exception& problem) {
            const std::string why = problem.what();
            fail(shared_->alive.verdict(why.substr(0, why.find('\n'))));
        }
    }

    std::shared_ptr<shared> shared_;
};

}  // namespace aha
