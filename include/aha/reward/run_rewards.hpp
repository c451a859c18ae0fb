#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <aha/concepts/group_reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/as_scores.hpp>
#include <aha/reward/reward_options.hpp>

/// The threads behind `run_rewards`.
namespace aha::detail {

using reward_clock = std::chrono::steady_clock;

/// `seconds` as a duration; 0 and anything beyond 30 years is 30 years: for ever, without overflow of a time point.
reward_clock::duration patience(double seconds);

/// Why a score cannot be used; empty if it can.
std::string score_defect(const score& given);

/// How one call of the reward ended.
struct reward_outcome {
    std::vector<score> results{};  ///< one a completion, if the call gave any
    std::string failure{};         ///< why the call gave none

    bool failed() const;
};

/// What `call` gives or throws.
template <class Call>
reward_outcome reward_outcome_of(const Call& call) {
    try {
        return {call(), {}};
    } catch (const std::exception& thrown) {
        return {{}, std::string{"the reward threw: "} + thrown.what()};
    } catch (...) {
        return {{}, "the reward threw something that is no std::exception"};
    }
}

/// One call of the reward: which completions of which group, and how it ended.
struct reward_job {
    std::size_t group = 0;
    std::size_t sample = 0;  ///< the first of them
    std::size_t count = 1;   ///< 1 for a `reward`, all of the group for a `group_reward`
    reward_outcome outcome{};
};

/// What one thread is doing.
struct reward_worker {
    std::optional<std::size_t> job{};  ///< its call, while inside the reward
    reward_clock::time_point since{};  ///< when that call began
    bool reported = false;             ///< that call was reported as slow
    bool left_behind = false;          ///< nobody waits for it any more
};

/// Calls a reward on every completion, or a group reward on every group, several at once, and watches the calls.
///
/// The calling thread and its workers own this object together, since with a deadline a worker may be left behind,
/// still inside the reward, when the call is long over. What keeps that safe: `groups` belong to the caller, and a
/// worker reads them only while `readers_` counts it; the caller does not leave before `readers_` is 0. Without a
/// deadline a worker counts for the whole of a call. With one it counts only while it copies prompt and completions;
/// the reward then sees those copies, and `judge` is owned by the workers too. A worker that was left behind touches
/// nothing when it returns but the flag that says so.
template <class R>
class reward_run : public std::enable_shared_from_this<reward_run<R>> {
public:
    struct settings {
        std::size_t threads = 1;
        double slow_seconds = 0;
        double deadline_seconds = 0;
        bool stop_at_failure = true;
    };

    reward_run(std::span<const rollout_group> groups, std::shared_ptr<const R> judge, settings how)
        : groups_{groups}, judge_{std::move(judge)}, how_{how} {
        for (std::size_t g = 0; g < groups.size(); ++g) {
            const std::size_t all = groups[g].completions.size(), step = reward<R> ? 1 : all;
            for (std::size_t i = 0; i < all; i += step) jobs_.push_back({.group = g, .sample = i, .count = step});
        }
    }

    reward_run(const reward_run&) = delete;
    reward_run& operator=(const reward_run&) = delete;

    /// The finished jobs, in order. With `stop_at_failure` those after the first failure may not have been started, but
    /// all before it were, so that which failure is the first does not depend on the threads. `report_slow(job,
    /// seconds)` is called on this thread. When this returns or throws, no worker uses the caller's memory.
    template <class Report>
    std::vector<reward_job> run(const Report& report_slow) {
        struct leave_at_the_end {
            reward_run& run;
            ~leave_at_the_end() { run.leave(); }
        } const guard{*this};
        std::unique_lock lock{mutex_};
        for (std::size_t i = 0; i < std::min(how_.threads, jobs_.size()); ++i) add_worker();
        for (;;) {
            const std::vector<std::pair<std::size_t, double>> slow = check_workers();
            if (!slow.empty()) {
                lock.unlock();  // the report may take its time or throw; of jobs_ it reads what no worker writes
                for (const auto& [job, seconds] : slow) report_slow(jobs_[job], seconds);
                lock.lock();
            } else if (open_ == 0 && no_more_jobs()) {
                break;
            } else {
                changed_.wait_until(lock, next_event());
            }
        }
        return std::move(jobs_);
    }

private:
    bool no_more_jobs() const { return next_ >= jobs_.size() || stopping_; }

    bool copies() const { return how_.deadline_seconds > 0; }

    /// Starts one thread; fewer than asked for will do, but not none. Called under the lock, by the caller alone.
    void add_worker() {
        auto worker = std::make_shared<reward_worker>();
        workers_.reserve(workers_.size() + 1);
        threads_.reserve(threads_.size() + 1);
        try {
            threads_.emplace_back([run = this->shared_from_this(), worker] { run->work(*worker); });
        } catch (const std::system_error& reason) {
            if (std::any_of(workers_.begin(), workers_.end(), [](const auto& w) { return !w->left_behind; })) return;
            fail("cannot start a thread for rewards: ", reason.what());
        }
        workers_.push_back(std::move(worker));
    }

    /// Gives up calls beyond the deadline, and gives the calls that are now slow, with their seconds so far.
    std::vector<std::pair<std::size_t, double>> check_workers() {
        std::vector<std::pair<std::size_t, double>> slow;
        const auto now = reward_clock::now();
        const std::size_t present = workers_.size();
        for (std::size_t i = 0; i < present; ++i) {
            const std::shared_ptr<reward_worker> worker = workers_[i];
            if (worker->left_behind || !worker->job) continue;
            const std::size_t job = *worker->job;
            const auto taken = now - worker->since;
            if (!worker->reported && taken >= patience(how_.slow_seconds)) {
                worker->reported = true;
                slow.emplace_back(job, std::chrono::duration<double>{taken}.count());
            }
            if (!copies() || taken < patience(how_.deadline_seconds)) continue;
            std::ostringstream reason;
            reason << "no result within the deadline of " << how_.deadline_seconds << " s";
            worker->left_behind = true;
            settle(job, {{}, reason.str()});
            if (!no_more_jobs()) add_worker();
        }
        return slow;
    }

    /// When a call will have to be attended to, if nothing ends before. Calls that begin later are covered too.
    reward_clock::time_point next_event() const {
        const auto slow = patience(how_.slow_seconds), deadline = patience(how_.deadline_seconds);
        auto event = reward_clock::now() + std::min(slow, deadline);
        for (const std::shared_ptr<reward_worker>& worker : workers_) {
            if (worker->left_behind || !worker->job) continue;
            event = std::min(event, worker->since + (worker->reported ? deadline : std::min(slow, deadline)));
        }
        return event;
    }

    /// Ends a job, under the lock.
    void settle(std::size_t job, reward_outcome outcome) {
        if (how_.stop_at_failure && outcome.failed()) stopping_ = true;
        jobs_[job].outcome = std::move(outcome);
        if (--open_ == 0 && no_more_jobs()) changed_.notify_one();
    }

    /// Says, under the lock, that a worker no longer uses the caller's memory.
    void stop_reading() {
        if (--readers_ == 0 && caller_left_) changed_.notify_one();
    }

    /// A worker's life: it takes jobs, in order, until there are none.
    void work(reward_worker& self) {
        std::unique_lock lock{mutex_};
        while (!no_more_jobs() && !caller_left_) {
            const std::size_t job = next_++;
            ++open_;
            ++readers_;
            lock.unlock();
            const rollout_group& group = groups_[jobs_[job].group];
            const prompt* asked = &group.prompt;
            std::span<const completion> given =
                std::span{group.completions}.subspan(jobs_[job].sample, jobs_[job].count);
            std::optional<std::pair<prompt, std::vector<completion>>> own;
            reward_outcome outcome;
            if (copies()) {
                outcome = reward_outcome_of([&] {
                    own.emplace(*asked, std::vector<completion>(given.begin(), given.end()));
                    asked = &own->first, given = own->second;
                    return std::vector<score>{};
                });
            }
            lock.lock();
            if (copies()) {
                stop_reading();
                if (caller_left_) return;
            }
            if (outcome.failure.empty()) {
                self.job = job;
                self.since = reward_clock::now();
                self.reported = false;
                lock.unlock();
                outcome = reward_outcome_of([&] { return as_scores(*judge_, *asked, given); });
                lock.lock();
                if (self.left_behind) return;  // the job was settled without it
                self.job.reset();
            }
            if (!copies()) stop_reading();
            settle(job, std::move(outcome));
        }
    }

    /// Waits until no worker uses the caller's memory, and parts with the threads.
    void leave() {
        std::unique_lock lock{mutex_};
        caller_left_ = true;
        for (const std::shared_ptr<reward_worker>& worker : workers_)
            if (copies() && worker->job) worker->left_behind = true;
        changed_.wait(lock, [&] { return readers_ == 0; });
        lock.unlock();
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            if (workers_[i]->left_behind) threads_[i].detach();
            else threads_[i].join();
        }
    }

    const std::span<const rollout_group> groups_;  ///< the caller's
    const std::shared_ptr<const R> judge_;
    const settings how_;
    std::vector<std::thread> threads_;                     ///< used by the caller alone
    std::vector<std::shared_ptr<reward_worker>> workers_;  ///< what each of them does, [number of threads]

    std::mutex mutex_;  ///< guards everything below, and the workers
    std::condition_variable changed_;
    std::vector<reward_job> jobs_;
    std::size_t next_ = 0;     ///< the first job that nobody took
    std::size_t open_ = 0;     ///< jobs taken and not settled
    std::size_t readers_ = 0;  ///< workers that use the caller's memory
    bool stopping_ = false;    ///< no more jobs are to be taken
    bool caller_left_ = false;
};

}  // namespace aha::detail

namespace aha {

namespace detail {

/// The beginning of `text`, on one line and in quotes. Cut between characters of UTF-8.
std::string excerpt(std::string_view text);

/// "prompt 17, sample 3": the prompt by its place in the data, the sample counted from 0.
std::string place(std::span<const rollout_group> groups, std::size_t group, std::size_t sample);

/// The place of what a call judges; of a group reward the prompt alone.
template <class R>
std::string place_of_call(std::span<const rollout_group> groups, const reward_job& job) {
    if constexpr (reward<R>) return place(groups, job.group, job.sample);
    else return "prompt " + std::to_string(groups[job.group].prompt.index);
}

/// The reward as its workers hold it: a copy of their own if they may outlive the call, else the caller's.
template <class R>
std::shared_ptr<const R> held_reward(const R& judge, bool outlives) {
    if (!outlives) return {std::shared_ptr<void>{}, &judge};
    if constexpr (std::copy_constructible<R>) {
        return std::make_shared<const R>(judge);
    } else {
        fail(
            "deadline_seconds needs a reward that can be copied, since a call that is left behind goes on with its own "
            "copy; keep the reward in a std::shared_ptr and give a lambda that calls it");
    }
}

}  // namespace detail

/// Scores every completion: `groups[i].scores` becomes [G], in the order of the completions. Nothing is written if it
/// throws.
///
/// The reward is called as a const object from `threads` threads at once, none of them the calling one: what it shares
/// between calls it must guard. With `threads` 1 no two calls overlap.
///
/// A call that throws, or gives NaN or infinity as value or part, is a failure. `on_failure` says what follows: with
/// `stop` no further calls are started, those under way are waited for, and `aha::error` names the first failure in the
/// order of prompts and samples, whatever the number of threads; with the others each failure is reported with its
/// prompt and sample, in that order, after the last call. A call of more than `slow_seconds` is reported while it runs,
/// once.
///
/// A `group_reward` is called once a group that has completions: its calls are what is counted, reported, and given the
/// deadline. A call that throws or is late fails for all completions of its group and is reported once; a score of NaN
/// or infinity is the failure of its own completion.
///
/// A call of more than `deadline_seconds` is a failure too, and is left behind: no thread can be ended from outside, so
/// it runs on, and another takes its place. It sees its own copies of prompt and completion and a copy of the reward,
/// made for this call of `run_rewards` and shared by its threads. So with a deadline the reward must be copyable, and
/// what it holds by reference must outlive every call left behind, or be held by `std::shared_ptr`; such calls may also
/// keep a core busy, and still run when the program ends. A reward that starts a process does better to give that a
/// time limit.
///
/// Throws `aha::error` if an option makes no sense, and whatever `report` throws.
template <any_reward R>
void run_rewards(std::span<rollout_group> groups, const R& judge, const reward_options& options = {}) {
    options.validate();
    const auto report = [&](const std::string& line) {
        if (options.report) options.report(line);
        else std::fputs((line + '\n').c_str(), stderr);
    };
    const bool stops = options.on_failure == failure_rule::stop;
    const auto threads = static_cast<std::size_t>(options.threads);
    const auto run = std::make_shared<detail::reward_run<R>>(
        groups, detail::held_reward(judge, options.deadline_seconds > 0),
        typename detail::reward_run<R>::settings{
            .threads = threads > 0 ? threads : std::max(1U, std::thread::hardware_concurrency()),
            .slow_seconds = options.slow_seconds,
            .deadline_seconds = options.deadline_seconds,
            .stop_at_failure = stops});
    const std::vector<detail::reward_job> jobs = run->run([&](const detail::reward_job& job, double seconds) {
        std::ostringstream line;
        line << "the reward has been running for " << seconds << " s on " << detail::place_of_call<R>(groups, job)
             << ": " << detail::excerpt(groups[job.group].prompt.text);
        report(line.str());
    });

    std::vector<std::vector<score>> scores(groups.size());
    // What stands for a score that cannot be used.
    const auto failed = [&](const std::string& sentence) {
        require(!stops, sentence);
        const bool zero = options.on_failure == failure_rule::score_zero;
        report(sentence + (zero ? "; scored 0" : "; left out of its group"));
        return zero ? score{0.0} : score::not_applicable();
    };
    for (const detail::reward_job& job : jobs) {
        std::vector<score>& given = scores[job.group];
        if (!job.outcome.failure.empty()) {
            given.insert(given.end(), job.count,
                         failed(detail::place_of_call<R>(groups, job) + ": " + job.outcome.failure));
            continue;
        }
        for (const score& one : job.outcome.results) {
            const std::string defect = detail::score_defect(one);
            given.push_back(defect.empty() ? one
                                           : failed(detail::place(groups, job.group, given.size()) + ": " + defect));
        }
    }
    for (std::size_t g = 0; g < groups.size(); ++g) groups[g].scores = std::move(scores[g]);
}

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/run_rewards.ipp>
#endif
