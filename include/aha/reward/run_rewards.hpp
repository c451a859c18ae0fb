#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <aha/concepts/group_reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/reward_options.hpp>
#include <aha/reward/reward_run.hpp>

namespace aha {

namespace detail {

/// The beginning of `text`, on one line and in quotes. Cut between characters of UTF-8.
inline std::string excerpt(std::string_view text) {
    std::size_t end = std::min<std::size_t>(text.size(), 100);
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    std::string line{text.substr(0, end)};
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return '"' + line + (end < text.size() ? "...\"" : "\"");
}

/// "prompt 17, sample 3": the prompt by its place in the data, the sample counted from 0.
inline std::string place(std::span<const rollout_group> groups, std::size_t group, std::size_t sample) {
    return "prompt " + std::to_string(groups[group].prompt.index) + ", sample " + std::to_string(sample);
}

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
