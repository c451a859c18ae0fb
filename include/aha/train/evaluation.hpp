#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/reward/majority.hpp>

namespace aha {

/// What a model does on held-out prompts. Made by `evaluate`.
struct evaluation {
    double mean_reward = 0;                ///< mean over prompts of the mean over their samples
    std::optional<double> standard_error;  ///< of `mean_reward` over prompts; nothing where there is only one
    std::vector<std::pair<std::string, double>> parts;  ///< mean of each part of the reward over the completions that
                                                        ///< have it, in the order in which they came up
    std::map<std::int64_t, double> pass;                ///< `pass@k` by k, of `pass_at_k`; the mean over prompts
    std::optional<double>
        majority;              ///< share of prompts whose most frequent answer passes; only where answers are read
    double mean_length = 0;    ///< completion tokens
    double truncated = 0;      ///< share of completions that were cut off by the budget or the context
    std::int64_t prompts = 0;  ///< how many
    std::int64_t samples = 0;  ///< completions of each

    /// The metrics by name, for a step's report: `eval_reward`, `eval_reward_error`, `eval_rewards/<part>/mean`,
    /// `eval_pass@<k>`, `eval_majority@<samples>`, `eval_completions/mean_length`, `eval_completions/clipped_ratio`.
    std::vector<std::pair<std::string, double>> metrics(const std::string& prefix = "eval_") const;
};

/// Adds scored groups up to an `evaluation`: what `evaluate` does with them, for groups that a program has.
class evaluation_sums {
public:
    /// @param samples completions of each group
    /// @param ks of each `pass@k`
    /// @param threshold a completion passes with this reward or more
    /// @param part the part of the reward that it passes by; empty: the whole reward
    /// @param answer the answer that a completion gives, for `majority@k`; empty: there is none
    evaluation_sums(std::int64_t samples, std::vector<std::int64_t> ks, double threshold = 1, std::string part = {},
                    std::function<std::optional<std::string>(const completion&)> answer = {});

    /// Throws `aha::error` for a group of another size, without scores, or without the part that is to pass.
    void add(const rollout_group& group);

    /// The metrics of the groups so far. Throws `aha::error` if there were none.
    evaluation result() const;

private:
    struct part_sum {
        double total = 0, count = 0;
    };

    void add_part(const std::string& name, double value);

    bool passes(const score& s, std::int64_t index) const;

    /// Whether the completion that gave the most frequent answer, and the first to spell it so, passed.
    bool vote_passes(const rollout_group& group, const std::vector<bool>& passed) const;

    std::int64_t samples_;
    std::vector<std::int64_t> ks_;
    double threshold_;
    std::string part_;
    std::function<std::optional<std::string>(const completion&)> answer_;
    std::int64_t prompts_ = 0;
    std::vector<double> means_;  // of each prompt whose completions were judged
    std::vector<std::pair<std::string, part_sum>> parts_;
    std::map<std::int64_t, double> pass_;
    double voted_ = 0, tokens_ = 0, truncated_ = 0;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/train/evaluation.ipp>
#endif
