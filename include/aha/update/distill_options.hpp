#pragma once

#include <cmath>
#include <cstdint>

#include <aha/core/error.hpp>
#include <aha/data/example_rows.hpp>

namespace aha {

/// Numbers of a distillation run.
struct distill_options {
    std::int64_t batch_size = 16;           ///< rows per step: examples, or packed rows
    double learning_rate = 1e-4;            ///< peak; the schedule multiplies it
    example_rows_options rows{};            ///< packing, epochs, order
    double temperature = 1;                 ///< divides the logits of both models; that of a teacher cache, if any
    double on_policy = 0;                   ///< chance that the student answers an example's prompt itself (lambda)
    double cross_entropy = 0;               ///< weight of -log p of the examples' own tokens, beside the divergence
    double max_gradient_norm = 1.0;         ///< global gradient clip; 0 switches it off
    std::int64_t vocabulary = 0;            ///< tokens of the tokenizer, where heads are padded: rows beyond it get no
                                            ///< probability, and the student does not sample them; 0: all rows, or
                                            ///< those that a teacher cache knows to be tokens
    std::int64_t microbatch_tokens = 4096;  ///< most tokens in one forward and backward pass; a memory limit, results
                                            ///< do not depend on it
    std::uint64_t seed = 0;                 ///< of all sampling

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        rows.validate();
        require(batch_size > 0, "batch_size must be positive, not ", batch_size);
        require(learning_rate >= 0 && std::isfinite(learning_rate), "learning_rate must be 0 or more, not ",
                learning_rate);
        require(temperature > 0 && std::isfinite(temperature), "temperature must be positive, not ", temperature);
        require(on_policy >= 0 && on_policy <= 1, "on_policy must be in [0, 1], not ", on_policy);
        require(cross_entropy >= 0 && std::isfinite(cross_entropy), "cross_entropy must be 0 (off) or more, not ",
                cross_entropy);
        require(max_gradient_norm >= 0, "max_gradient_norm must be 0 (off) or more, not ", max_gradient_norm);
        require(vocabulary >= 0, "vocabulary must be 0 (all rows of the heads) or more, not ", vocabulary);
        require(microbatch_tokens > 0, "microbatch_tokens must be positive, not ", microbatch_tokens);
    }
};

}  // namespace aha
