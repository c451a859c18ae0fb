#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <span>
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

/// Scores copies of groups in the order in which they come, on a thread of its own and those of `run_rewards`.
template <class Reward>
class scoring_queue {
public:
    scoring_queue(const Reward& reward, const reward_options& options)
        : reward_{&reward}, options_{&options}, thread_{[this] { work(); }} {}
    scoring_queue(const scoring_queue&) = delete;
    scoring_queue& operator=(const scoring_queue&) = delete;
    ~scoring_queue() { close(); }

    void add(const rollout_group& group) {
        const std::lock_guard guard{mutex_};
        waiting_.push_back(group);
        changed_.notify_one();
    }

    /// Waits until all are scored and gives them their scores. Throws what the reward of the first prompt that failed
    /// threw.
    void finish(std::vector<rollout_group>& groups) {
        close();
        if (failure_) std::rethrow_exception(failure_);
        for (rollout_group& group : groups) {
            const auto found = scores_.find(group.prompt.random_place());
            require(found != scores_.end(), "the sampler did not tell when the completions of prompt ",
                    group.prompt.index, " were complete, or told with another index or repeat");
            group.scores = std::move(found->second);
        }
    }

private:
    void close() {
        {
            const std::lock_guard guard{mutex_};
            closed_ = true;
            changed_.notify_one();
        }
        if (thread_.joinable()) thread_.join();
    }

    void work() {
        while (true) {
            rollout_group next;
            {
                std::unique_lock lock{mutex_};
                changed_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
                if (waiting_.empty()) return;
                next = std::move(waiting_.front());
                waiting_.pop_front();
            }
            try {
                run_rewards(std::span{&next, 1}, *reward_, *options_);
                scores_[next.prompt.random_place()] = std::move(next.scores);
            } catch (...) {
                if (!failure_ || next.prompt.random_place() < first_failed_) {
                    failure_ = std::current_exception();
                    first_failed_ = next.prompt.random_place();
                }
            }
        }
    }

    const Reward* reward_;
    const reward_options* options_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<rollout_group> waiting_;
    std::map<std::uint64_t, std::vector<score>> scores_;  // by the prompt's place in its step
    bool closed_ = false;
    std::exception_ptr failure_;
    std::uint64_t first_failed_ = 0;
    std::thread thread_;  // last: it uses the others
};

struct leave_groups {
    void operator()(const std::vector<rollout_group>&) const {}
};

}  // namespace detail

/// Samples a group for each prompt and scores it. Where `overlapped`, and the sampler can tell of groups, the processor
/// scores those that are complete while the device decodes the others; results are the same.
template <class Model, class Sampler, class Reward>
scored_groups sample_and_score(const Model& model, Sampler&& sampler, const Reward& reward,
                               const reward_options& options, std::span<const prompt> prompts, std::int64_t group_size,
                               const random_key& key, bool overlapped) {
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
/// prompts' order; the seconds are this rank's. Overlapped where the model is on a GPU.
/// @param before_sharing called with this rank's scored groups, `std::vector<rollout_group>&`
template <class Communicator, class Model, class Sampler, class Reward, class BeforeSharing = detail::leave_groups>
scored_groups distribute_and_score(const Communicator& ranks, const Model& model, Sampler&& sampler,
                                   const Reward& reward, const reward_options& options, std::vector<prompt> prompts,
                                   std::int64_t group_size, const random_key& key,
                                   const BeforeSharing& before_sharing = {}) {
    scored_groups all;
    all.groups = distribute_prompts(ranks, std::move(prompts), [&](std::span<const prompt> mine) {
        scored_groups own = sample_and_score(model, sampler, reward, options, mine, group_size, key,
                                             !Model::tensor_policy::device().is_cpu());
        all.sampling = own.sampling, all.scoring = own.scoring;
        before_sharing(own.groups);
        return std::move(own.groups);
    });
    return all;
}

}  // namespace aha
