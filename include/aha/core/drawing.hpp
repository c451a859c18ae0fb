#pragma once

#include <cstdint>
#include <vector>

#include <aha/core/random.hpp>
#include <aha/core/sampling_rule.hpp>
#include <aha/core/token_id.hpp>

namespace aha {

/// How a model that draws tokens itself draws them.
struct sampling_params {
    sampling_rule rule{};              ///< how likely each token is
    std::vector<token_id> suppress{};  ///< never drawn
    std::vector<token_id> ends{};      ///< not drawn before `rule.min_new_tokens`
};

/// A completion to be begun: where its random numbers come from and how long it may become.
struct sampling_row {
    random_stream stream;   ///< of its draws
    std::int64_t room = 0;  ///< tokens it may have at most
};

/// The tokens of one step, a row each. See `sampled_token` for the log-probabilities.
struct drawn_tokens {
    std::vector<token_id> ids;              ///< [B]
    std::vector<float> log_probs;           ///< [B] at temperature 1
    std::vector<float> behavior_log_probs;  ///< [B] at the sampling temperature
    std::vector<float> entropies;           ///< [B] nats
};

}  // namespace aha
