#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <aha/core/environment_answer.hpp>

namespace aha::detail {

/// How a call of an environment ended.
struct answer_outcome {
    environment_answer answer{};
    std::string failure{};  ///< why there is no answer; empty: there is one
};

/// Calls environments on threads of its own while the caller decodes. A call beyond the deadline has failed and is left
/// behind: no thread can be ended from outside, so it runs on with what it shares, and another takes its place.
class answer_pool {
    using clock = std::chrono::steady_clock;

    struct job {
        std::function<environment_answer()> call;
        answer_outcome outcome{};
        std::optional<clock::time_point> since{};  // when the call began
        bool done = false, taken = false;
        std::size_t worker = 0;
    };

    struct shared {
        std::mutex mutex;
        std::condition_variable work, result;
        std::deque<std::size_t> waiting;
        std::deque<std::shared_ptr<job>> jobs;  // by their number
        bool closed = false;
    };

public:
    /// @param deadline_seconds 0: none
    answer_pool(std::size_t threads, double deadline_seconds) : deadline_{deadline_seconds} {
        for (std::size_t n = 0; n < std::max<std::size_t>(threads, 1); ++n) add_worker();
    }
    answer_pool(const answer_pool&) = delete;
    answer_pool& operator=(const answer_pool&) = delete;
    ~answer_pool() {
        {
            const std::lock_guard guard{shared_->mutex};
            shared_->closed = true;
            shared_->waiting.clear();
            shared_->work.notify_all();
        }
        for (std::size_t n = 0; n < threads_.size(); ++n) {
            if (left_behind_[n]) threads_[n].detach();
            else threads_[n].join();
        }
    }

    /// Begins a call, which must own all it uses. @return its number
    std::size_t begin(std::function<environment_answer()> call) {
        const std::lock_guard guard{shared_->mutex};
        auto added = std::make_shared<job>();
        added->call = std::move(call);
        shared_->jobs.push_back(std::move(added));
        shared_->waiting.push_back(shared_->jobs.size() - 1);
        shared_->work.notify_one();
        return shared_->jobs.size() - 1;
    }

    /// Waits until all calls have ended, but not longer than `seconds`; or, if these are fewer than 0, until one has.
    void wait(double seconds) {
        std::unique_lock lock{shared_->mutex};
        const auto until = clock::now() + std::chrono::duration_cast<clock::duration>(
                                              std::chrono::duration<double>(std::max(seconds, 0.0)));
        const auto enough = [&] {
            give_up_late_ones();
            std::size_t open = 0, ready = 0;
            for (const auto& one : shared_->jobs) {
                open += !one->done ? 1 : 0;
                ready += one->done && !one->taken ? 1 : 0;
            }
            return open == 0 || (seconds < 0 && ready > 0);
        };
        while (!enough()) {
            auto next = clock::now() + std::chrono::milliseconds{50};  // deadlines are looked at so often
            if (seconds >= 0) next = std::min(next, until);
            shared_->result.wait_until(lock, next);
            if (seconds >= 0 && clock::now() >= until) break;
        }
    }

    /// The outcome of a call that has ended; nothing if it has not.
    std::optional<answer_outcome> take(std::size_t number) {
        const std::lock_guard guard{shared_->mutex};
        give_up_late_ones();
        job& one = *shared_->jobs[number];
        if (!one.done || one.taken) return std::nullopt;
        one.taken = true;
        one.call = nullptr;
        return std::move(one.outcome);
    }

private:
    void add_worker() {
        const std::size_t number = threads_.size();
        left_behind_.push_back(false);
        threads_.emplace_back([state = shared_, number] { work(*state, number); });
    }

    /// Under the lock.
    void give_up_late_ones() {
        if (deadline_ <= 0) return;
        const auto now = clock::now();
        for (const auto& one : shared_->jobs) {
            if (one->done || !one->since || std::chrono::duration<double>{now - *one->since}.count() < deadline_)
                continue;
            std::ostringstream reason;
            reason << "no answer within the deadline of " << deadline_ << " s";
            one->outcome.failure = reason.str();
            one->done = true;
            left_behind_[one->worker] = true;
            add_worker();
        }
    }

    static void work(shared& state, std::size_t number) {
        std::unique_lock lock{state.mutex};
        while (true) {
            state.work.wait(lock, [&] { return state.closed || !state.waiting.empty(); });
            if (state.closed) return;
            const std::shared_ptr<job> mine = state.jobs[state.waiting.front()];
            state.waiting.pop_front();
            mine->since = clock::now();
            mine->worker = number;
            lock.unlock();
            answer_outcome outcome;
            try {
                outcome.answer = mine->call();
            } catch (const std::exception& thrown) {
                outcome.failure = std::string{"the environment threw: "} + thrown.what();
            } catch (...) {
                outcome.failure = "the environment threw something that is no std::exception";
            }
            lock.lock();
            if (mine->done) return;  // the call was given up, and another thread has this one's place
            mine->outcome = std::move(outcome);
            mine->done = true;
            state.result.notify_all();
        }
    }

    double deadline_;
    std::shared_ptr<shared> shared_ = std::make_shared<shared>();  // with the workers, which may outlive this
    std::vector<std::thread> threads_;
    std::vector<bool> left_behind_;
};

}  // namespace aha::detail
