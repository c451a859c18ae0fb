#pragma once

#include <cmath>
#include <cstdint>

#include <aha/core/error.hpp>

namespace aha {

/// Numbers of a reward model's training. Defaults are those of R1's reward models (DeepSeek-R1, Methods).
struct reward_trainer_options {
    std::int64_t batch_size = 256;          ///< pairs or texts a step; the last batch of an epoch may be smaller
    double learning_rate = 6e-6;            ///< peak; the schedule multiplies it
    std::int64_t epochs = 1;                ///< times through the data
    bool shuffle = true;                    ///< a new order each epoch; false: as given
    std::uint64_t seed = 0;                 ///< of the orders
    double max_gradient_norm = 1.0;         ///< clip of the joint norm of body and head; 0 switches it off
    std::int64_t microbatch_tokens = 8192;  ///< most tokens in one forward and backward pass; a memory limit, results
                                            ///< do not depend on it

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(batch_size > 0, "batch_size must be positive, not ", batch_size);
        require(learning_rate >= 0 && std::isfinite(learning_rate), "learning_rate must be 0 or more, not ",
                learning_rate);
        require(epochs > 0, "epochs must be positive, not ", epochs);
        require(max_gradient_norm >= 0, "max_gradient_norm must be 0 (off) or more, not ", max_gradient_norm);
        require(microbatch_tokens > 0, "microbatch_tokens must be positive, not ", microbatch_tokens);
    }
};

}  // namespace aha
