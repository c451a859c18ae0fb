#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/Device.h>
#include <c10/util/intrusive_ptr.h>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <utility>
#include <vector>

#include <aha/core/collective.hpp>
#include <aha/core/error.hpp>
#include <aha/dist/heartbeat.hpp>
#include <aha/dist/process_group.hpp>

namespace aha {

/// What moves the tensors of a `process_group` where that is a backend of LibTorch's c10d (Gloo or NCCL). A heartbeat
/// tells which rank is to blame for a call that fails.
class c10d_backend final : public group_backend, public std::enable_shared_from_this<c10d_backend> {
public:
    /// @param store a connection of its own, for the heartbeat
    /// @param device where the backend's tensors are
    /// @param patience how long a call on a GPU may take; on the CPU the backend knows
    c10d_backend(c10::intrusive_ptr<c10d::Backend> backend, c10::intrusive_ptr<c10d::Store> store, c10::Device device,
                 std::chrono::milliseconds patience)
        : backend_{std::move(backend)},
          alive_{std::move(store), backend_->getRank(), backend_->getSize()},
          device_{device},
          patience_{patience} {}

    int rank() const override { return backend_->getRank(); }
    int size() const override { return backend_->getSize(); }
    c10::Device device() const override { return device_; }

    collective all_reduce(at::Tensor tensor) override {
        return begin([&] {
            std::vector<at::Tensor> one{tensor};
            return backend_->allreduce(one);
        });
    }

    collective all_gather(at::Tensor part, at::Tensor whole) override {
        return begin([&] {
            std::vector<std::vector<at::Tensor>> rows{whole.view({size(), -1}).unbind(0)};
            std::vector<at::Tensor> one{part};
            return backend_->allgather(rows, one);
        });
    }

    collective reduce_scatter(at::Tensor whole, at::Tensor part) override {
        // Gloo's reduce-scatter is an all-reduce.
        if (device_.is_cpu())
            return begin(
                [&] {
                    std::vector<at::Tensor> one{whole};
                    return backend_->allreduce(one);
                },
                [whole, part, rows = size(), row = rank()] {
                    part.copy_(whole.view({rows, -1})[row]);
                });
        return begin([&] { return backend_->_reduce_scatter_base(part, whole); });
    }

    collective broadcast(at::Tensor tensor, int from) override {
        return begin([&] {
            std::vector<at::Tensor> one{tensor};
            c10d::BroadcastOptions options;
            options.rootRank = from;
            return backend_->broadcast(one, options);
        });
    }

private:
    /// What `start` begins on the backend; `after` follows it.
    template <class Start>
    collective begin(
        const Start& start, std::function<void()> after = [] {}) {
        alive_.begin_call();
        try {
            return collective{[me = shared_from_this(), work = start(), after = std::move(after)] {
                try {
                    me->await(*work);
                } catch (const error&) {
                    throw;
                } catch (const std::exception& problem) {
                    me->blame(problem);
                }
                const at::NoGradGuard none;
                after();
            }};
        } catch (const std::exception& problem) {
            blame(problem);
        }
    }

    [[noreturn]] void blame(const std::exception& problem) const {
        const std::string why = problem.what();
        fail(alive_.verdict(why.substr(0, why.find('\n'))));
    }

    /// Waits for a call. Gloo notices that a connection is gone; a GPU would wait for ever, so the beats are asked.
    void await(c10d::Work& work) {
        if (device_.is_cpu()) {
            work.wait();
            return;
        }
        const auto begun = std::chrono::steady_clock::now();
        while (!work.isCompleted()) {
            std::string problem = alive_.lost();
            if (problem.empty() && std::chrono::steady_clock::now() - begun > patience_)
                problem = alive_.verdict("a call took too long");
            if (!problem.empty()) {
                backend_->abort();
                fail(problem);
            }
            std::this_thread::sleep_for(std::chrono::microseconds{20});
        }
        work.wait();  // throws what went wrong, else makes the current stream wait
    }

    c10::intrusive_ptr<c10d::Backend> backend_;
    heartbeat alive_;
    c10::Device device_;
    std::chrono::milliseconds patience_;
};

}  // namespace aha
