#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <c10/core/Device.h>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/collective.hpp>

namespace aha {

/// What moves tensors between the ranks of a `process_group`: Gloo and NCCL are there (`c10d_backend`). Calls that are
/// begun are joined in the order of their beginning; gradients are off. Each throws `aha::error` naming the rank that
/// does not join.
class group_backend {
public:
    virtual ~group_backend() = default;

    virtual int rank() const = 0;            ///< Which of how many ranks this process is.
    virtual int size() const = 0;            ///< How many ranks there are.
    virtual c10::Device device() const = 0;  ///< Where its tensors are.

    /// Begins to add `tensor` over the ranks, in place; the same bits on every rank.
    virtual collective all_reduce(at::Tensor tensor) = 0;
    /// Begins to put the parts of all, [n] each, into `whole` [ranks n], in the order of ranks.
    virtual collective all_gather(at::Tensor part, at::Tensor whole) = 0;
    /// Begins to put this rank's part [n] of the sum over the ranks of `whole` [ranks n] into `part`; what is in
    /// `whole` afterwards is undefined.
    virtual collective reduce_scatter(at::Tensor whole, at::Tensor part) = 0;
    /// Begins to overwrite `tensor` with that of rank `from`, in place.
    virtual collective broadcast(at::Tensor tensor, int from) = 0;
};

/// The ranks of a run: a communicator. A copy joins the same ranks.
class process_group {
public:
    /// One process, nothing to join.
    process_group() = default;

    /// @param backend what moves the tensors; none for one process
    explicit process_group(std::shared_ptr<group_backend> backend) : backend_{std::move(backend)} {}

    /// Which of how many ranks this process is.
    int rank() const { return backend_ ? backend_->rank() : 0; }
    /// How many ranks there are.
    int size() const { return backend_ ? backend_->size() : 1; }

    /// Adds `tensor` over the ranks, in place; the same bits on every rank. Throws `aha::error` naming the rank that
    /// does not join.
    void all_reduce(const at::Tensor& tensor) const { all_reduce_async(tensor).wait(); }

    /// Begins to do so. Calls that are begun are joined in the order of their beginning.
    collective all_reduce_async(const at::Tensor& tensor) const {
        if (size() == 1) return collective{};
        const at::NoGradGuard no_gradients;
        const at::Tensor here = tensor.to(backend_->device());
        collective call = backend_->all_reduce(here);
        if (here.is_same(tensor)) return call;
        return collective{[call, here, tensor]() mutable {
            call.wait();
            const at::NoGradGuard none;
            tensor.copy_(here);
        }};
    }

    /// Gives every rank the parts of all, in the order of ranks.
    /// @param part [n] this rank's
    /// @param whole [ranks n] result, contiguous
    collective all_gather_async(const at::Tensor& part, const at::Tensor& whole) const {
        if (size() == 1) return whole.copy_(part), collective{};
        const at::NoGradGuard no_gradients;
        return backend_->all_gather(part, whole);
    }

    /// Adds tensors over the ranks and gives each its part of the sum: a reduce-scatter.
    /// @param whole [ranks n] contiguous; what is in it afterwards is undefined
    /// @param part [n] result, this rank's
    collective reduce_scatter_async(const at::Tensor& whole, const at::Tensor& part) const {
        if (size() == 1) return part.copy_(whole), collective{};
        const at::NoGradGuard no_gradients;
        return backend_->reduce_scatter(whole, part);
    }

    /// Overwrites `tensor` with that of rank `from`, in place.
    void broadcast(const at::Tensor& tensor, int from) const {
        if (size() == 1) return;
        const at::NoGradGuard no_gradients;
        const at::Tensor here = tensor.to(backend_->device());
        backend_->broadcast(here, from).wait();
        if (!here.is_same(tensor)) tensor.copy_(here);
    }

    /// The bytes of every rank, in the order of ranks.
    std::vector<std::string> all_gather(const std::string& bytes) const {
        if (size() == 1) return {bytes};
        const auto ranks = static_cast<std::int64_t>(size());
        at::Tensor lengths = at::zeros({ranks}, at::kLong);
        lengths[rank()] = static_cast<std::int64_t>(bytes.size());
        all_reduce(lengths);
        const auto* const length = lengths.const_data_ptr<std::int64_t>();
        const std::int64_t longest = std::max<std::int64_t>(1, *std::max_element(length, length + ranks));

        at::Tensor mine = at::zeros({longest}, at::kByte);
        std::memcpy(mine.mutable_data_ptr(), bytes.data(), bytes.size());
        const at::Tensor all =
            at::empty({ranks, longest}, at::TensorOptions{}.dtype(at::kByte).device(backend_->device()));
        all_gather_async(mine.to(backend_->device()), all.view(-1)).wait();
        const at::Tensor read = all.cpu();
        std::vector<std::string> gathered;
        for (std::int64_t r = 0; r < ranks; ++r)
            gathered.emplace_back(static_cast<const char*>(read[r].const_data_ptr()),
                                  static_cast<std::size_t>(length[r]));
        return gathered;
    }

private:
    std::shared_ptr<group_backend> backend_;
};

}  // namespace aha
