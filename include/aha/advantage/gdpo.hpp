#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/advantage/centered_values.hpp>
#include <aha/advantage/per_token.hpp>
#include <aha/concepts/batch_advantage.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// Numbers of `gdpo`.
struct gdpo_options {
    std::vector<std::pair<std::string, double>> weights{};  ///< of the parts by their names; a part without one has 1
    double epsilon = 1e-4;                                  ///< added to each standard deviation

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(epsilon >= 0 && std::isfinite(epsilon), "epsilon must be 0 or more, not ", epsilon);
        for (const auto& [name, weight] : weights)
            require(std::isfinite(weight), "the weight of \"", name, "\" must be finite, not ", weight);
    }
};

/// Each part of a reward is normalized in its group before the parts are added, and the sums over the batch afterwards
/// (GDPO, arXiv 2601.05242; TRL's `multi_objective_aggregation="normalize_then_sum"`): completions that differ in one
/// part alone are told apart also where another part has the greater numbers. Rewards with parts: `sum_rewards`; one
/// without is its own only part.
///
/// Throws `aha::error` if two completions of a group have different parts.
class gdpo {
public:
    /// Throws `aha::error` naming the first option that makes no sense.
    explicit gdpo(gdpo_options options = {}) : options_{(options.validate(), std::move(options))} {}

    const gdpo_options& options() const { return options_; }  ///< as given

    /// @return [groups][G][T], the same at every token of a completion
    token_values operator()(std::span<const rollout_group> groups) const {
        std::vector<std::vector<double>> sums;  // [groups][G]
        std::vector<score> all;                 // of the batch, for their mean and deviation
        for (const rollout_group& group : groups) {
            detail::require_scored(group);
            sums.push_back(sum_of_parts(group));
            for (std::size_t i = 0; i < group.scores.size(); ++i) {
                all.emplace_back(sums.back()[i]);
                all.back().applicable = group.scores[i].applicable;
            }
        }
        const detail::centered_scores batch{all};
        const std::vector<double> spread = batch.spread(all.size(), batch.deviation() + options_.epsilon);
        token_values values;
        std::size_t first = 0;
        for (const rollout_group& group : groups) {
            values.push_back(detail::at_each_token(group, std::span{spread}.subspan(first, group.scores.size())));
            first += group.scores.size();
        }
        return values;
    }

private:
    double weight_of(const std::string& name) const {
        for (const auto& [known, weight] : options_.weights)
            if (known == name) return weight;
        return 1;
    }

    /// The weighted sum of a group's normalized parts, [G].
    std::vector<double> sum_of_parts(const rollout_group& group) const {
        std::vector<double> sums(group.scores.size(), 0.0);
        const score* first = nullptr;
        for (const score& one : group.scores)
            if (one.applicable && first == nullptr) first = &one;
        if (first == nullptr) return sums;
        for (std::size_t part = 0; part < std::max<std::size_t>(1, first->parts.size()); ++part) {
            std::vector<score> scores = group.scores;
            for (score& one : scores) {
                if (!one.applicable) continue;
                require(one.parts.size() == first->parts.size() &&
                            (first->parts.empty() || one.parts[part].first == first->parts[part].first),
                        "prompt ", group.prompt.index, " has completions whose scores have different parts");
                if (!first->parts.empty()) one.value = one.parts[part].second;
            }
            const detail::centered_scores own{scores};
            const double weight = first->parts.empty() ? 1 : weight_of(first->parts[part].first);
            const std::vector<double> normalized = own.spread(scores.size(), own.deviation() + options_.epsilon);
            for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weight * normalized[i];
        }
        return sums;
    }

    gdpo_options options_;
};

}  // namespace aha
