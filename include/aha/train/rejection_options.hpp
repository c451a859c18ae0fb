#pragma once

#include <cmath>
#include <cstdint>

#include <aha/core/error.hpp>
#include <aha/train/prompt_limits.hpp>

namespace aha {

/// Numbers of a rejection sampling run.
struct rejection_options {
    std::int64_t samples = 8;            ///< completions a prompt
    std::int64_t prompts_per_step = 16;  ///< prompts sampled at once
    double least_reward = 1;             ///< a completion with less, or without an applicable score, is wrong
    bool keep_empty = false;             ///< true: a right completion of nothing but white space is kept, not dropped
    bool keep_truncated = false;   ///< true: a right completion that used its tokens up is kept, not dropped; what
                                   ///< `examples_file` then writes of it is learned without an end token
    std::int64_t keep = 0;         ///< most completions kept of a prompt, the first ones; 0: all
    bool deduplicate = true;       ///< a prompt and completion that were kept before are not kept again
    prompt_limits prompt_limit{};  ///< how long a prompt may be, and what becomes of a longer one
    std::uint64_t seed = 0;        ///< of all sampling

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(samples > 0, "samples must be positive, not ", samples);
        require(prompts_per_step > 0, "prompts_per_step must be positive, not ", prompts_per_step);
        require(!std::isnan(least_reward), "least_reward must be a number, not ", least_reward);
        prompt_limit.validate();
        require(keep >= 0, "keep must be 0 (all) or more, not ", keep);
    }
};

}  // namespace aha
