#pragma once

#include <cmath>
#include <cstdint>

#include <aha/core/error.hpp>

namespace aha {

/// How `token_divergence`, `top_k_divergence` and `top_k_of` work.
struct divergence_options {
    double temperature = 1;               ///< divides the logits of both models; no factor T^2 makes up for it
    std::int64_t chunk_bytes = 64 << 20;  ///< of float32 logits at a time, about eight times over while a divergence is
                                          ///< computed; a memory limit, results do not depend on it
    std::int64_t vocabulary = 0;  ///< tokens that both models know: rows beyond, which pad a head, get no probability;
                                  ///< 0: all rows

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(temperature > 0 && std::isfinite(temperature), "temperature must be positive, not ", temperature);
        require(chunk_bytes > 0, "chunk_bytes must be positive, not ", chunk_bytes);
        require(vocabulary >= 0, "vocabulary must be 0 (all rows of the heads) or more, not ", vocabulary);
    }
};

}  // namespace aha
