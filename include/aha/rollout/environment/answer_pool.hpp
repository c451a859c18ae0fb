#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <map>
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
/// behind: no thread can be ended from outside, so it runs on with what it shares, and another takes its place. Where
/// there is no deadline, and calls have been quicker than waking a thread, the caller makes them itself when it waits.
class answer_pool {
    using clock = std::chrono::steady_clock;

    struct job {
        std::function<environment_answer()> call;
        answer_outcome outcome{};
        std::optional<clock::time_point> since{};  // when the call began
        bool done = false;
        std::size_t worker = 0;
    };

    struct shared {
        std::mutex mutex;
        std::condition_variable work, result;
        std::deque<std::shared_ptr<job>> waiting;
        std::size_t open = 0, ready = 0;        // calls that have not ended, and those that have and were not taken
        std::optional<clock::duration> slow{};  // how long the slowest of the last calls took
        bool closed = false;
    };

public:
    /// @param deadline_seconds 0: none
    answer_pool(std::size_t threads, double deadline_seconds) : deadline_{deadline_seconds} {
        for (std::size_t n = 0; n < std::max<std::size_t>(threads, 1); ++n) add_worker();
    }
    answer_pool(const answer_pool&) = delete;
    answer_pool& operator=(const answer_pool&) = delete;
    /// Waits for calls under way, but not beyond their deadline; those that wait for a thread are not made any more.
    ~answer_pool() {
        {
            std::unique_lock lock{shared_->mutex};
            shared_->closed = true;
            shared_->waiting.clear();
            shared_->work.notify_all();
            while (deadline_ > 0 && any_under_way()) {
                give_up_late_ones();
                if (any_under_way()) shared_->result.wait_for(lock, look_every);
            }
        }
        for (std::size_t n = 0; n < threads_.size(); ++n) {
            if (left_behind_[n]) threads_[n].detach();
            else threads_[n].join();
        }
    }

    /// Begins a call, which must own all it uses. @return its number
    std::size_t begin(std::function<environment_answer()> call) {
        auto added = std::make_shared<job>();
        added->call = std::move(call);
        jobs_.emplace(begun_, added);
        const std::lock_guard guard{shared_->mutex};
        shared_->waiting.push_back(std::move(added));
        ++shared_->open;
        if (!helps()) shared_->work.notify_one();
        return begun_++;
    }

    /// Waits until all calls have ended, but not longer than `seconds`; or, if these are fewer than 0, until one has.
    void wait(double seconds) {
        std::unique_lock lock{shared_->mutex};
        const auto until = clock::now() + std::chrono::duration_cast<clock::duration>(
                                              std::chrono::duration<double>(std::max(seconds, 0.0)));
        while (helps() && !shared_->waiting.empty()) make_next_call(*shared_, lock, no_worker);
        if (!shared_->waiting.empty()) shared_->work.notify_all();
        const auto enough = [&] {
            give_up_late_ones();
            return shared_->open == 0 || (seconds < 0 && shared_->ready > 0);
        };
        while (!enough()) {
            auto next = clock::now() + look_every;
            if (seconds >= 0) next = std::min(next, until);
            shared_->result.wait_until(lock, next);
            if (seconds >= 0 && clock::now() >= until) break;
        }
    }

    /// The outcome of a call that has ended, once; nothing if it has not.
    std::optional<answer_outcome> take(std::size_t number) {
        std::shared_ptr<job> one;  // what the call owns goes outside the lock
        const std::lock_guard guard{shared_->mutex};
        give_up_late_ones();
        const auto found = jobs_.find(number);
        if (found == jobs_.end() || !found->second->done) return std::nullopt;
        one = std::move(found->second);
        jobs_.erase(found);
        --shared_->ready;
        return std::move(one->outcome);
    }

private:
    static constexpr std::chrono::milliseconds look_every{50};  // for deadlines that have passed

    void add_worker() {
        const std::size_t number = threads_.size();
        left_behind_.push_back(false);
        threads_.emplace_back([state = shared_, number] { work(*state, number); });
    }

    static constexpr std::chrono::microseconds quick{100};
    static constexpr std::size_t no_worker = 0;  // of the caller's calls, which have no deadline

    /// Under the lock: whether the caller makes calls itself.
    bool helps() const { return deadline_ <= 0 && shared_->slow && *shared_->slow < quick; }

    static bool under_way(const job& one) { return one.since && !one.done; }

    /// Under the lock.
    bool any_under_way() const {
        return std::ranges::any_of(jobs_, [](const auto& one) { return under_way(*one.second); });
    }

    /// Under the lock.
    void give_up_late_ones() {
        if (deadline_ <= 0) return;
        const auto now = clock::now();
        for (const auto& [number, one] : jobs_) {
            if (!under_way(*one) || std::chrono::duration<double>{now - *one->since}.count() < deadline_) continue;
            std::ostringstream reason;
            reason << "no answer within the deadline of " << deadline_ << " s";
            one->outcome.failure = reason.str();
            one->done = true;
            --shared_->open, ++shared_->ready;
            left_behind_[one->worker] = true;
            if (!shared_->closed) add_worker();
        }
    }

    static void work(shared& state, std::size_t number) {
        std::unique_lock lock{state.mutex};
        while (true) {
            state.work.wait(lock, [&] { return state.closed || !state.waiting.empty(); });
            if (state.closed || !make_next_call(state, lock, number)) return;
        }
    }

    /// Makes the first call that waits; under the lock, which it gives up meanwhile. False if the call was given up,
    /// and another thread has this one's place.
    static bool make_next_call(shared& state, std::unique_lock<std::mutex>& lock, std::size_t worker) {
        std::shared_ptr<job> mine = std::move(state.waiting.front());
        state.waiting.pop_front();
        const auto since = clock::now();
        mine->since = since;
        mine->worker = worker;
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
        const bool given_up = mine->done;
        if (!given_up) {
            const auto taken = clock::now() - since;
            state.slow = std::max(taken, state.slow ? *state.slow * 9 / 10 : taken);
            mine->outcome = std::move(outcome);
            mine->done = true;
            --state.open, ++state.ready;
            state.result.notify_all();
        }
        lock.unlock();
        mine.reset();  // what the call owns may go with it: not under the lock
        lock.lock();
        return !given_up;
    }

    double deadline_;
    std::shared_ptr<shared> shared_ = std::make_shared<shared>();  // with the workers, which may outlive this
    std::vector<std::thread> threads_;
    std::vector<bool> left_behind_;
    std::map<std::size_t, std::shared_ptr<job>> jobs_;  // by their number, those that were not taken
    std::size_t begun_ = 0;
};

}  // namespace aha::detail
