#pragma once

#include <cmath>
#include <cstdint>

#include <aha/core/error.hpp>
#include <aha/train/prompt_limits.hpp>

namespace aha {

/// Numbers of a GRPO run; what to compute is in the trainer's slots. Defaults suit a small model on a laptop.
struct grpo_options {
    std::int64_t prompts_per_step = 8;  ///< questions a rollout
    std::int64_t group_size = 8;        ///< completions a question, G
    double learning_rate = 2e-5;        ///< peak; the schedule multiplies it
    std::int64_t minibatches = 1;       ///< optimizer steps a pass over a rollout
    std::int64_t inner_epochs = 1;      ///< passes over a rollout (mu)
    double max_gradient_norm = 1.0;     ///< global gradient clip; 0 switches it off
    /// Rollouts a step may take to fill up with groups whose scores differ, the others teaching nothing (DAPO's dynamic
    /// sampling, Yu et al. 2025, section 3.2); each round asks as many new questions as are missing. 0: off. When the
    /// rounds are used up the step learns from the groups it has.
    std::int64_t dynamic_sampling = 0;
    bool mask_truncated = false;  ///< completions cut by the token budget teach nothing and count in no denominator,
                                  ///< but in their group's statistics (DAPO's overlong filtering, section 3.4)
    std::int64_t reference_refresh = 0;     ///< steps after which the reference becomes the policy; 0: never
    std::int64_t microbatch_tokens = 4096;  ///< most tokens in one forward and backward pass; a memory limit, not a
                                            ///< hyper-parameter: results do not depend on it
    prompt_limits prompt_limit{};           ///< how long a prompt may be, and what becomes of a longer one
    std::uint64_t seed = 0;                 ///< of all sampling
    bool operator==(const grpo_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(prompts_per_step > 0, "prompts_per_step must be positive, not ", prompts_per_step);
        require(group_size > 1, "group_size must be at least 2, not ", group_size,
                ": a completion is judged by comparison with its group");
        require(learning_rate >= 0 && std::isfinite(learning_rate), "learning_rate must be 0 or more, not ",
                learning_rate);
        require(minibatches > 0 && minibatches <= prompts_per_step, "minibatches must be in [1, ", prompts_per_step,
                "], the prompts of a step, not ", minibatches);
        require(inner_epochs > 0, "inner_epochs must be positive, not ", inner_epochs);
        require(max_gradient_norm >= 0, "max_gradient_norm must be 0 (off) or more, not ", max_gradient_norm);
        require(dynamic_sampling >= 0, "dynamic_sampling must be 0 (off) or more rounds, not ", dynamic_sampling);
        require(reference_refresh >= 0, "reference_refresh must be 0 (never) or more, not ", reference_refresh);
        prompt_limit.validate();
        require(microbatch_tokens > 0, "microbatch_tokens must be positive, not ", microbatch_tokens);
    }
};

}  // namespace aha
