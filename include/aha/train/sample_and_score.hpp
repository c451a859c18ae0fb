#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/core/stopwatch.hpp>
#include <aha/dist/distribute_prompts.hpp>
#include <aha/reward/run_rewards.hpp>
#include <aha/rollout/checked_groups.hpp>

namespace aha {

/// A sampler that tells of each group when it is complete, while it decodes others.
template <class Sampler, class Model>
concept tells_of_groups = requires(Sampler& s, const Model& m, std::span<const prompt> p, std::int64_t n,
                                   const random_key& key) { s.sample(m, p, n, key, [](const rollout_group&) {}); };

/// Sampled and scored groups, and the seconds that went by.
struct scored_groups {
    std::vector<rollout_group> groups;  ///< in the order of the prompts
    double sampling = 0;                ///< until the last completion ended
    double scoring = 0;                 ///< from then on
};

namespace detail {

/// Scores copies of groups as they come, several at once: as many calls of the reward as its options allow.
template <class Reward>
class scoring_queue {
public:
    scoring_queue(const Reward& reward, const reward_options& options) : reward_{&reward}, options_{options} {
        free_ = options.threads > 0 ? options.threads : std::max<std::int64_t>(1, std::thread::hardware_concurrency());
        options_.report = [this, report = options.report](const std::string& line) {
            const std::lock_guard one_at_a_time{reporting_};
            if (report) report(line);
            else std::fputs((line + '\n').c_str(), stderr);
        };
    }
    scoring_queue(const scoring_queue&) = delete;
    scoring_queue& operator=(const scoring_queue&) = delete;
    ~scoring_queue() { wait(); }

    void add(const rollout_group& group) {
        const std::lock_guard guard{mutex_};
        waiting_.push_back(group);
        begin_scoring();
    }

    /// Waits until all are scored and gives them their scores. Throws what the reward of the first prompt that failed
    /// threw.
    void finish(std::vector<rollout_group>& groups) {
        wait();
        if (failure_) std::rethrow_exception(failure_);
        for (rollout_group& group : groups) {
            const auto found = scores_.find(group.prompt.random_place());
            require(found != scores_.end(), "the sampler did not tell when the completions of prompt ",
                    group.prompt.index, " were complete, or told with another index or repeat");
            group.scores = std::move(found->second);
        }
    }

private:
    void wait() {
        {
            std::unique_lock lock{mutex_};
            changed_.wait(lock, [&] { return waiting_.empty() && running_ == 0; });
        }
        for (std::thread& one : threads_)
            if (one.joinable()) one.join();
    }

    /// Under the lock: the groups that wait are scored as far as threads of the reward are free.
    void begin_scoring() {
        for (; !waiting_.empty() && free_ > 0; waiting_.pop_front()) {
            const std::int64_t calls = reward<Reward> ? std::ssize(waiting_.front().completions) : 1;
            const std::int64_t used = std::clamp<std::int64_t>(calls, 1, free_);
            threads_.emplace_back(
                [this, group = std::move(waiting_.front()), used]() mutable { score(std::move(group), used); });
            free_ -= used;
            ++running_;
        }
    }

    void score(rollout_group group, std::int64_t used) {
        reward_options own = options_;
        own.threads = used;
        std::exception_ptr failure;
        try {
            run_rewards(std::span{&group, 1}, *reward_, own);
        } catch (...) {
            failure = std::current_exception();
        }
        const std::lock_guard guard{mutex_};
        const std::uint64_t place = group.prompt.random_place();
        if (failure && (!failure_ || place < first_failed_)) failure_ = failure, first_failed_ = place;
        if (!failure) scores_[place] = std::move(group.scores);
        free_ += used;
        --running_;
        begin_scoring();
        changed_.notify_all();
    }

    const Reward* reward_;
    reward_options options_;
    std::mutex mutex_, reporting_;
    std::condition_variable changed_;
    std::deque<rollout_group> waiting_;
    std::map<std::uint64_t, std::vector<aha::score>> scores_;  // by the prompt's place in its step
    std::int64_t free_ = 0, running_ = 0;                      // threads of the reward; groups being scored
    std::exception_ptr failure_;
    std::uint64_t first_failed_ = 0;
    std::vector<std::thread> threads_;
};

struct leave_groups {
    void operator()(const std::vector<rollout_group>&) const {}
};

}  // namespace detail

/// Samples a group for each prompt and scores it. Where `overlapped`, and the sampler can tell of groups, those that
/// are complete are scored while others are decoded, so that a reward that waits for something costs a step little;
/// results are the same.
template <class Model, class Sampler, class Reward>
scored_groups sample_and_score(const Model& model, Sampler&& sampler, const Reward& reward,
                               const reward_options& options, std::span<const prompt> prompts, std::int64_t group_size,
                               const random_key& key, bool overlapped = true) {
    scored_groups made;
    stopwatch phase;
    if constexpr (tells_of_groups<Sampler, Model>)
        if (overlapped) {
            detail::scoring_queue<Reward> queue{reward, options};
            made.groups =
                sampler.sample(model, prompts, group_size, key, [&](const rollout_group& group) { queue.add(group); });
            made.sampling = phase.restart();
            made.groups = detail::checked_groups(std::move(made.groups), prompts, group_size, detail::limits_of(model));
            queue.finish(made.groups);
            made.scoring = phase.restart();
            return made;
        }
    made.groups = detail::checked_groups(sampler.sample(model, prompts, group_size, key), prompts, group_size,
                                         detail::limits_of(model));
    made.sampling = phase.restart();
    run_rewards(std::span{made.groups}, reward, options);
    made.scoring = phase.restart();
    return made;
}

/// `sample_and_score` on all ranks: each samples and scores its share of the prompts, and all have all groups, in the
/// prompts' order; the seconds are this rank's.
/// @param before_sharing called with this rank's scored groups, `std::vector<rollout_group>&`
template <class Communicator, class Model, class Sampler, class Reward, class BeforeSharing = detail::leave_groups>
scored_groups distribute_and_score(const Communicator& ranks, const Model& model, Sampler&& sampler,
                                   const Reward& reward, const reward_options& options, std::vector<prompt> prompts,
                                   std::int64_t group_size, const random_key& key,
                                   const BeforeSharing& before_sharing = {}) {
    scored_groups all;
    all.groups = distribute_prompts(ranks, std::move(prompts), [&](std::span<const prompt> mine) {
        scored_groups own = sample_and_score(model, sampler, reward, options, mine, group_size, key);
        all.sampling = own.sampling, all.scoring = own.scoring;
        before_sharing(own.groups);
        return std::move(own.groups);
    });
    return all;
}

}  // namespace aha
