#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/policy_tokens.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// The metrics of a scored rollout, by TRL's names: `reward`, `reward_std` (mean over groups of the unbiased standard
/// deviation), `frac_reward_zero_std`, `rewards/<name>/mean` and `/std`, `completions/...`, `entropy`; with an
/// environment `turns/mean` and `turns/environment_tokens`. Lengths and entropies are of what the policy wrote.
inline std::vector<std::pair<std::string, double>> rollout_metrics(std::span<const rollout_group> groups) {
    struct moments {  // squares about a running mean (Welford 1962): equal rewards deviate by 0, large ones keep digits
        double n = 0, sum = 0, center = 0, squares = 0;
        void add(double x) {
            const double off = x - center;
            n += 1, sum += x, center += off / n, squares += off * (x - center);
        }
        double mean() const { return n > 0 ? sum / n : 0; }
        double deviation() const { return n > 1 ? std::sqrt(squares / (n - 1)) : 0; }
    };
    moments reward, length, terminated, entropy, turns, heard;
    std::map<std::string, moments> parts;
    double deviations = 0, equal = 0, clipped = 0, shortest = 1e300, longest = 0;
    for (const rollout_group& group : groups) {
        moments own;
        double low = 1e300, high = -1e300;
        for (const score& s : group.scores) {
            for (const auto& [name, value] : s.parts) parts[name].add(value);
            if (!s.applicable) continue;
            own.add(s.value);
            reward.add(s.value);
            low = std::min(low, s.value), high = std::max(high, s.value);
        }
        deviations += own.deviation();
        equal += high <= low ? 1 : 0;
        for (const completion& c : group.completions) {
            const auto tokens = static_cast<double>(num_policy_tokens(c));
            length.add(tokens);
            shortest = std::min(shortest, tokens), longest = std::max(longest, tokens);
            if (c.finish == finish_reason::length) clipped += 1;
            else terminated.add(tokens);
            if (!c.entropies.empty()) for_each_policy_token(c, [&](std::size_t t) { entropy.add(c.entropies.at(t)); });
            if (!c.turns.empty()) {
                turns.add(static_cast<double>(c.turns.size()));
                heard.add(static_cast<double>(c.ids.size()) - tokens);
            }
        }
    }
    const auto count = static_cast<double>(std::max<std::size_t>(1, groups.size()));
    std::vector<std::pair<std::string, double>> metrics{
        {"reward", reward.mean()}, {"reward_std", deviations / count}, {"frac_reward_zero_std", equal / count}};
    for (const auto& [name, m] : parts) {
        metrics.emplace_back("rewards/" + name + "/mean", m.mean());
        metrics.emplace_back("rewards/" + name + "/std", m.deviation());
    }
    metrics.emplace_back("entropy", entropy.mean());
    metrics.emplace_back("completions/mean_length", length.mean());
    metrics.emplace_back("completions/min_length", length.n > 0 ? shortest : 0);
    metrics.emplace_back("completions/max_length", longest);
    metrics.emplace_back("completions/mean_terminated_length", terminated.mean());
    metrics.emplace_back("completions/clipped_ratio", length.n > 0 ? clipped / length.n : 0);
    if (turns.n > 0) {
        metrics.emplace_back("turns/mean", turns.mean());
        metrics.emplace_back("turns/environment_tokens", heard.mean());
    }
    return metrics;
}

}  // namespace aha
