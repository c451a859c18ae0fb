#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <aha/core/policy_tokens.hpp>
#include <aha/train/evaluation.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/pass_at_k.hpp>

namespace aha {

AHA_INLINE std::vector<std::pair<std::string, double>> evaluation::metrics(const std::string& prefix) const {
    std::vector<std::pair<std::string, double>> all{{prefix + "reward", mean_reward}};
    if (standard_error) all.emplace_back(prefix + "reward_error", *standard_error);
    for (const auto& [name, mean] : parts) all.emplace_back(prefix + "rewards/" + name + "/mean", mean);
    for (const auto& [k, share] : pass) all.emplace_back(prefix + "pass@" + std::to_string(k), share);
    if (majority) all.emplace_back(prefix + "majority@" + std::to_string(samples), *majority);
    all.emplace_back(prefix + "completions/mean_length", mean_length);
    all.emplace_back(prefix + "completions/clipped_ratio", truncated);
    return all;
}

AHA_INLINE evaluation_sums::evaluation_sums(std::int64_t samples, std::vector<std::int64_t> ks, double threshold,
                                            std::string part,
                                            std::function<std::optional<std::string>(const completion&)> answer)
    : samples_{samples}, ks_{std::move(ks)}, threshold_{threshold}, part_{std::move(part)}, answer_{std::move(answer)} {
    for (const std::int64_t k : ks_) pass_at_k(samples_, 0, k);
    std::ranges::sort(ks_);
    ks_.erase(std::ranges::unique(ks_).begin(), ks_.end());
}

AHA_INLINE void evaluation_sums::add(const rollout_group& group) {
    require(std::ssize(group.completions) == samples_ && group.scores.size() == group.completions.size(), "prompt ",
            group.prompt.index, " has ", group.completions.size(), " completions and ", group.scores.size(),
            " scores instead of ", samples_);
    std::vector<bool> passed;
    double reward = 0, judged = 0;
    for (std::size_t n = 0; n < group.completions.size(); ++n) {
        const completion& c = group.completions[n];
        tokens_ += static_cast<double>(num_policy_tokens(c));
        truncated_ += c.finish == finish_reason::length ? 1 : 0;
        passed.push_back(passes(group.scores[n], group.prompt.index));
        for (const auto& [name, value] : group.scores[n].parts) add_part(name, value);
        if (!group.scores[n].applicable) continue;
        reward += group.scores[n].value;
        judged += 1;
    }
    if (judged > 0) means_.push_back(reward / judged);
    const std::int64_t correct = std::ranges::count(passed, true);
    for (const std::int64_t k : ks_) pass_[k] += pass_at_k(samples_, correct, k);
    if (answer_) voted_ += vote_passes(group, passed) ? 1 : 0;
    ++prompts_;
}

AHA_INLINE evaluation evaluation_sums::result() const {
    require(prompts_ > 0, "there are no prompts to evaluate on");
    const auto prompts = static_cast<double>(prompts_), completions = prompts * static_cast<double>(samples_);
    evaluation e;
    e.prompts = prompts_;
    e.samples = samples_;
    const auto judged = static_cast<double>(means_.size());
    for (const double mean : means_) e.mean_reward += mean;
    if (judged > 0) e.mean_reward /= judged;
    if (judged > 1) {
        double squares = 0;
        for (const double mean : means_) squares += (mean - e.mean_reward) * (mean - e.mean_reward);
        e.standard_error = std::sqrt(squares / (judged - 1) / judged);
    }
    for (const auto& [name, sum] : parts_) e.parts.emplace_back(name, sum.total / sum.count);
    for (const auto& [k, sum] : pass_) e.pass[k] = sum / prompts;
    if (answer_) e.majority = voted_ / prompts;
    e.mean_length = tokens_ / completions;
    e.truncated = truncated_ / completions;
    return e;
}

AHA_INLINE void evaluation_sums::add_part(const std::string& name, double value) {
    auto found = std::ranges::find(parts_, name, [](const auto& part) -> const auto& { return part.first; });
    if (found == parts_.end()) found = parts_.insert(found, {name, {}});
    found->second.total += value;
    found->second.count += 1;
}

AHA_INLINE bool evaluation_sums::passes(const score& s, std::int64_t index) const {
    if (!s.applicable) return false;
    if (part_.empty()) return s.value >= threshold_;
    const auto found = std::ranges::find(s.parts, part_, [](const auto& part) -> const auto& { return part.first; });
    require(found != s.parts.end(), "the reward of prompt ", index, " has no part \"", part_, "\" to pass by");
    return found->second >= threshold_;
}

AHA_INLINE bool evaluation_sums::vote_passes(const rollout_group& group, const std::vector<bool>& passed) const {
    std::vector<std::optional<std::string>> answers;
    for (const completion& c : group.completions) answers.push_back(answer_(c));
    const std::optional<std::string> vote = majority(answers);
    if (!vote) return false;
    return passed[static_cast<std::size_t>(std::ranges::find(answers, vote) - answers.begin())];
}

}  // namespace aha
