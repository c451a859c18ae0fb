#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// What of a completion a reward model reads after the prompt.
enum class scored_part {
    whole_response,  ///< all of its text, thoughts included: R1's safety
    summary,         ///< its `final_summary`: R1's helpfulness, so that what helps is not the thinking
};

/// How a reward model judges.
struct model_reward_options {
    scored_part part = scored_part::whole_response;  ///< what of a completion is scored
    std::optional<double> without_summary{};  ///< the score of a completion without a summary, where one is read;
                                              ///< empty: the lowest of the other completions of its prompt
    double mean = 0;       ///< of the model's scores; a score is given as (score - mean) / deviation, to be added to
    double deviation = 1;  ///< rewards of another scale
    std::int64_t microbatch_tokens = 8192;                    ///< most tokens in one forward pass; a memory limit
    std::function<std::string(const prompt&)> prompt_text{};  ///< the prompt as the reward model is to read it, called
                                                              ///< by several threads at once; empty: its text, which
                                                              ///< before a summary loses a `<think>` at its end

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(!without_summary || std::isfinite(*without_summary), "without_summary must be finite, not ",
                without_summary.value_or(0));
        require(std::isfinite(mean), "mean must be finite, not ", mean);
        require(deviation > 0 && std::isfinite(deviation), "deviation must be positive, not ", deviation);
        require(microbatch_tokens > 0, "microbatch_tokens must be positive, not ", microbatch_tokens);
    }
};

}  // namespace aha
