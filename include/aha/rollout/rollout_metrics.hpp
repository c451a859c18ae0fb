#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>

namespace aha {

/// The figures of a scored rollout, by TRL's names: `reward`, `reward_std` (mean over groups of the unbiased standard
/// deviation), `frac_reward_zero_std`, `rewards/<name>/mean` and `/std`, `completions/...`, `entropy`.
inline std::vector<std::pair<std::string, double>> rollout_metrics(std::span<const rollout_group> groups) {
    struct numbers {
        std::vector<double> all;
        void add(double x) { all.push_back(x); }
        auto array() const { return Eigen::Map<const Eigen::ArrayXd>{all.data(), std::ssize(all)}; }
        double mean() const { return all.empty() ? 0 : array().mean(); }
        double min() const { return all.empty() ? 0 : array().minCoeff(); }
        double max() const { return all.empty() ? 0 : array().maxCoeff(); }
        double deviation() const {
            if (all.size() < 2) return 0;
            const Eigen::ArrayXd off = array() - all.front();  // equal rewards deviate by 0, large ones keep digits
            return std::sqrt((off - off.mean()).square().sum() / static_cast<double>(all.size() - 1));
        }
    };
    numbers reward, length, terminated, entropy;
    std::map<std::string, numbers> parts;
    double deviations = 0, equal = 0, clipped = 0;
    for (const rollout_group& group : groups) {
        numbers own;
        for (const score& s : group.scores) {
            if (!s.applicable) continue;
            own.add(s.value);
            reward.add(s.value);
            for (const auto& [name, value] : s.parts) parts[name].add(value);
        }
        deviations += own.deviation();
        equal += own.min() == own.max() ? 1 : 0;
        for (const completion& c : group.completions) {
            length.add(static_cast<double>(c.ids.size()));
            if (c.finish == finish_reason::length) clipped += 1;
            else terminated.add(length.all.back());
            for (const float h : c.entropies) entropy.add(h);
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
    metrics.emplace_back("completions/min_length", length.min());
    metrics.emplace_back("completions/max_length", length.max());
    metrics.emplace_back("completions/mean_terminated_length", terminated.mean());
    metrics.emplace_back("completions/clipped_ratio",
                         clipped / static_cast<double>(std::max<std::size_t>(1, length.all.size())));
    return metrics;
}

}  // namespace aha
