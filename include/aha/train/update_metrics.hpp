#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aha/train/policy_gradient.hpp>

namespace aha {

/// What the updates of a reinforcement step came to.
struct update_figures {
    gradient_sums sums;            ///< over updates
    double gradient_norms = 0;     ///< sum over updates
    double learning_rate = 0;      ///< by the schedule, also of a step without an update
    double gap = 0;                ///< largest, of the sampler's log-probs and the trainer's
    double mean_gap = 0;           ///< of the same, over the tokens of the first update
    double completion_tokens = 0;  ///< of all minibatches and passes, those without a gradient included
    double reference_seconds = 0;  ///< of passes of the reference policy
    std::int64_t updates = 0;      ///< optimizer steps

    /// Remembers how far the first update's log-probs are from the sampler's.
    void note_gap(const gradient_sums& first) {
        gap = first.largest_gap;
        mean_gap = first.tokens > 0 ? first.gap / first.tokens : 0;
    }
};

/// Elapsed seconds of a step's parts.
struct phase_seconds {
    double rollout = 0;     ///< of sampling
    double reward = 0;      ///< of scoring and comparing
    double train = 0;       ///< of the updates
    double whole = 0;       ///< of all of the step
    double reference = -1;  ///< of passes of the reference policy before the updates; negative: there are none
};

/// What a step reports beside its rollout. `loss` and `grad_norm` are means over the updates, as TRL's; the loss
/// policy's own figures are means over tokens. Without an update these are 0.
/// @param tokens of prompts and completions, of the whole run
/// @param seconds of the whole run
inline std::vector<std::pair<std::string, double>> update_metrics(const update_figures& figures,
                                                                  const phase_seconds& time, std::int64_t tokens,
                                                                  double seconds) {
    std::vector<std::pair<std::string, double>> metrics;
    for (const auto& [name, sum] : figures.sums.sums)
        metrics.emplace_back(name, figures.completion_tokens > 0 ? sum / figures.completion_tokens : 0);
    const auto mean = [&](double sum) { return figures.updates > 0 ? sum / static_cast<double>(figures.updates) : 0; };
    metrics.emplace_back("loss", mean(figures.sums.loss));
    metrics.emplace_back("grad_norm", mean(figures.gradient_norms));
    metrics.emplace_back("learning_rate", figures.learning_rate);
    metrics.emplace_back("num_tokens", static_cast<double>(tokens));
    metrics.emplace_back("tokens/trained", figures.sums.tokens);
    metrics.emplace_back("sampler_gap/max", figures.gap);
    metrics.emplace_back("sampler_gap/mean", figures.mean_gap);
    metrics.emplace_back("time/rollout", time.rollout);
    metrics.emplace_back("time/reward", time.reward);
    if (time.reference >= 0) metrics.emplace_back("time/reference", time.reference);
    metrics.emplace_back("time/train", time.train);
    metrics.emplace_back("step_time", time.whole);
    metrics.emplace_back("seconds", seconds);
    return metrics;
}

}  // namespace aha
