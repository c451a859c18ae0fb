#pragma once

#include <cmath>
#include <cstdint>

#include <aha/core/error.hpp>
#include <aha/data/example_rows.hpp>

namespace aha {

/// Numbers of a supervised run. Defaults are R1's shape at a small model's size.
struct sft_options {
    std::int64_t batch_size = 16;     ///< rows a step: examples, or packed rows
    double learning_rate = 1e-4;      ///< peak; the schedule multiplies it
    std::int64_t warmup_steps = 0;    ///< of the schedule that there is unless one is given: linear, before its cosine
    example_rows_options rows{};      ///< packing, epochs, order
    double max_gradient_norm = 1.0;   ///< global gradient clip; 0 switches it off
    std::int64_t evaluate_every = 0;  ///< steps between evaluations; 0: only when asked
    std::int64_t microbatch_tokens = 4096;  ///< most tokens in one forward and backward pass; a memory limit, results
                                            ///< do not depend on it

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        rows.validate();
        require(batch_size > 0, "batch_size must be positive, not ", batch_size);
        require(learning_rate >= 0 && std::isfinite(learning_rate), "learning_rate must be 0 or more, not ",
                learning_rate);
        require(warmup_steps >= 0, "warmup_steps must be 0 or more, not ", warmup_steps);
        require(max_gradient_norm >= 0, "max_gradient_norm must be 0 (off) or more, not ", max_gradient_norm);
        require(evaluate_every >= 0, "evaluate_every must be 0 (only when asked) or more, not ", evaluate_every);
        require(microbatch_tokens > 0, "microbatch_tokens must be positive, not ", microbatch_tokens);
    }
};

}  // namespace aha
