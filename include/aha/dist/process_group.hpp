#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <algorithm>
#include <atomic>
#include <c10/util/intrusive_ptr.h>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <utility>
#include <vector>

#include <aha/core/collective.hpp>
#include <aha/core/error.hpp>

namespace aha {

/// Says twice a second on the ranks' store that this rank lives and how many joint calls it has begun; when a joint
/// call fails, tells from what the others said which of them is to blame.
class heartbeat {
public:
    static constexpr std::chrono::milliseconds period{500};  ///< between two beats

    /// @param store a connection of its own
    heartbeat(c10::intrusive_ptr<c10d::Store> store, int rank, int size)
        : store_{std::move(store)},
          rank_{rank},
          size_{size},
          thread_{[this](const std::stop_token& end) { beat(end); }} {}

    /// This rank begins a joint call.
    void begin_call() { ++calls_; }

    /// The ranks whose beats stopped, as a sentence, or nothing; asks the store at most once in twenty periods. For
    /// calls that would wait for the dead.
    std::string lost() {
        const auto now = std::chrono::steady_clock::now();
        if (now - asked_ < period * 20) return {};
        asked_ = now;
        try {
            const std::map<int, beats> before = std::exchange(heard_, read());
            std::vector<int> quiet;
            for (const auto& [rank, then] : before)
                if (rank != rank_ && heard_[rank].count == then.count) quiet.push_back(rank);
            return quiet.empty() ? std::string{} : gone(quiet) + stops();
        } catch (const std::exception&) {
            return no_place() + stops();
        }
    }

    /// Who did not join the call that was begun last and failed with `problem`: a sentence. Takes four periods.
    std::string verdict(const std::string& problem) const {
        std::ostringstream said;
        try {
            const std::map<int, beats> before = read();
            std::this_thread::sleep_for(period * 4);
            const std::map<int, beats> after = read();
            std::vector<int> quiet, behind;
            for (int r = 0; r < size_; ++r) {
                if (r == rank_) continue;
                const auto then = before.find(r), now = after.find(r);
                if (now == after.end() || (then != before.end() && then->second.count == now->second.count))
                    quiet.push_back(r);
                else if (now->second.calls < calls_) behind.push_back(r);
            }
            if (!quiet.empty()) said << gone(quiet);
            else if (!behind.empty())
                said << names(behind) << " of " << size_ << (behind.size() > 1 ? " hang" : " hangs")
                     << ": alive, but not joining the others";
            else said << "the ranks lost one another: " << problem;
        } catch (const std::exception&) {
            said.str(no_place());
        }
        return said.str() + stops();
    }

private:
    struct beats {
        std::uint64_t count = 0, calls = 0;
    };

    static std::string key(int rank) { return "beat/" + std::to_string(rank); }

    static std::string names(const std::vector<int>& ranks) {
        std::string text = ranks.size() > 1 ? "ranks " : "rank ";
        for (std::size_t i = 0; i < ranks.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(ranks[i]);
        return text;
    }

    std::string gone(const std::vector<int>& quiet) const {
        return names(quiet) + " of " + std::to_string(size_) + (quiet.size() > 1 ? " are" : " is") +
               " lost: the process ended or its machine is gone";
    }
    static std::string no_place() {
        return "the place where the ranks meet is gone, and with it the first rank or the launcher";
    }
    std::string stops() const { return "; rank " + std::to_string(rank_) + " stops"; }

    std::map<int, beats> read() const {
        std::map<int, beats> all;
        for (int r = 0; r < size_; ++r) {
            if (!store_->check({key(r)})) continue;
            const std::vector<std::uint8_t> bytes = store_->get(key(r));
            std::istringstream text{std::string{bytes.begin(), bytes.end()}};
            text >> all[r].count >> all[r].calls;
        }
        return all;
    }

    void beat(const std::stop_token& end) {
        std::mutex mutex;
        std::condition_variable_any wake;
        for (std::uint64_t count = 1; !end.stop_requested(); ++count) {
            const std::string text = std::to_string(count) + " " + std::to_string(calls_.load());
            try {
                store_->set(key(rank_), std::vector<std::uint8_t>{text.begin(), text.end()});
            } catch (const std::exception&) {
                return;  // nobody is left to tell; joint calls fail by themselves
            }
            std::unique_lock lock{mutex};
            wake.wait_for(lock, end, period, [] { return false; });
        }
    }

    c10::intrusive_ptr<c10d::Store> store_;
    int rank_, size_;
    std::atomic<std::uint64_t> calls_{0};
    std::chrono::steady_clock::time_point asked_{};
    std::map<int, beats> heard_;
    std::jthread thread_;  // last: it uses the others
};

/// The ranks of a run, joined by a backend of c10d (Gloo or NCCL): a communicator. A copy joins the same ranks.
class process_group {
public:
    /// One process, nothing to join.
    process_group() = default;

    /// @param store a connection of its own, for the heartbeat
    /// @param device where the backend's tensors are
    /// @param patience how long a call on a GPU may take; on the CPU the backend knows
    process_group(c10::intrusive_ptr<c10d::Backend> backend, c10::intrusive_ptr<c10d::Store> store, c10::Device device,
                  std::chrono::milliseconds patience)
        : shared_{std::make_shared<shared>(std::move(backend), std::move(store), device, patience)} {}

    /// Which of how many ranks this process is.
    int rank() const { return shared_ ? shared_->backend->getRank() : 0; }
    /// How many ranks there are.
    int size() const { return shared_ ? shared_->backend->getSize() : 1; }

    /// Adds `tensor` over the ranks, in place; the same bits on every rank. Throws `aha::error` naming the rank that
    /// does not join.
    void all_reduce(const at::Tensor& tensor) const { all_reduce_async(tensor).wait(); }

    /// Begins to do so. Calls that are begun are joined in the order of their beginning.
    collective all_reduce_async(const at::Tensor& tensor) const {
        if (size() == 1) return collective{};
        const at::Tensor here = tensor.to(shared_->device);
        return begin(
            [&](c10d::Backend& backend) {
                std::vector<at::Tensor> one{here};
                return backend.allreduce(one);
            },
            [here, tensor] {
                if (!here.is_same(tensor)) tensor.copy_(here);
            });
    }

    /// Gives every rank the parts of all, in the order of ranks.
    /// @param part [n] this rank's
    /// @param whole [ranks n] result, contiguous
    collective all_gather_async(const at::Tensor& part, const at::Tensor& whole) const {
        if (size() == 1) return whole.copy_(part), collective{};
        return begin([&](c10d::Backend& backend) {
            std::vector<std::vector<at::Tensor>> rows{whole.view({size(), -1}).unbind(0)};
            std::vector<at::Tensor> one{part};
            return backend.allgather(rows, one);
        });
    }

    /// Adds tensors over the ranks and gives each its part of the sum: a reduce-scatter.
    /// @param whole [ranks n] contiguous; what is in it afterwards is undefined
    /// @param part [n] result, this rank's
    collective reduce_scatter_async(const at::Tensor& whole, const at::Tensor& part) const {
        if (size() == 1) return part.copy_(whole), collective{};
        if (!shared_->scatters)
            return begin(
                [&](c10d::Backend& backend) {
                    std::vector<at::Tensor> one{whole};
                    return backend.allreduce(one);
                },
                [whole, part, rows = size(), row = rank()] {
                    part.copy_(whole.view({rows, -1})[row]);
                });
        return begin([&](c10d::Backend& backend) {
            at::Tensor to = part, from = whole;
            return backend._reduce_scatter_base(to, from);
        });
    }

    /// Overwrites `tensor` with that of rank `from`, in place.
    void broadcast(const at::Tensor& tensor, int from) const {
        if (size() == 1) return;
        const at::Tensor here = tensor.to(shared_->device);
        begin([&](c10d::Backend& backend) {
            std::vector<at::Tensor> one{here};
            c10d::BroadcastOptions options;
            options.rootRank = from;
            return backend.broadcast(one, options);
        }).wait();
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
            at::empty({ranks, longest}, at::TensorOptions{}.dtype(at::kByte).device(shared_->device));
        all_gather_async(mine.to(shared_->device), all.view(-1)).wait();
        const at::Tensor read = all.cpu();
        std::vector<std::string> gathered;
        for (std::int64_t r = 0; r < ranks; ++r)
            gathered.emplace_back(static_cast<const char*>(read[r].const_data_ptr()),
                                  static_cast<std::size_t>(length[r]));
        return gathered;
    }

private:
    struct shared {
        shared(c10::intrusive_ptr<c10d::Backend> joined, c10::intrusive_ptr<c10d::Store> store, c10::Device where,
               std::chrono::milliseconds time)
            : backend{std::move(joined)},
              alive{std::move(store), backend->getRank(), backend->getSize()},
              device{where},
              patience{time},
              scatters{!where.is_cpu()} {}

        /// Waits for a call. Gloo notices that a connection is gone; a GPU would wait for ever, so the beats are asked.
        void await(c10d::Work& work) {
            if (device.is_cpu()) {
                work.wait();
                return;
            }
            const auto begun = std::chrono::steady_clock::now();
            while (!work.isCompleted()) {
                std::string problem = alive.lost();
                if (problem.empty() && std::chrono::steady_clock::now() - begun > patience)
                    problem = alive.verdict("a call took too long");
                if (!problem.empty()) {
                    backend->abort();
                    fail(problem);
                }
                std::this_thread::sleep_for(std::chrono::microseconds{20});
            }
            work.wait();  // throws what went wrong, else makes the current stream wait
        }

        c10::intrusive_ptr<c10d::Backend> backend;
        heartbeat alive;
        c10::Device device;
        std::chrono::milliseconds patience;
        bool scatters;  ///< the backend has a reduce-scatter (Gloo's is an all-reduce)
    };

    /// What `start` begins on the backend; `after` follows it.
    template <class Start>
    collective begin(
        const Start& start, std::function<void()> after = [] {}) const {
        const at::NoGradGuard no_gradients;
        shared_->alive.begin_call();
        const auto blamed = [group = shared_](const std::exception& problem) {
            const std::string why = problem.what();
            fail(group->alive.verdict(why.substr(0, why.find('\n'))));
        };
        try {
            return collective{[group = shared_, work = start(*shared_->backend), after = std::move(after), blamed] {
                try {
                    group->await(*work);
                } catch (const error&) {
                    throw;
                } catch (const std::exception& problem) {
                    blamed(problem);
                }
                const at::NoGradGuard none;
                after();
            }};
        } catch (const std::exception& problem) {
            blamed(problem);
            throw;  // not reached: it throws
        }
    }

    std::shared_ptr<shared> shared_;
};

}  // namespace aha
