#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <aha/core/token_id.hpp>

namespace aha {

/// Why a completion ended.
enum class finish_reason {
    end_token,    ///< the model emitted one of the end tokens
    stop_string,  ///< a stop string was generated
    length,       ///< the token budget or the context was used up: the completion is truncated
};

/// The word used in files and logs: "end_token", "stop_string" or "length".
inline std::string_view to_string(finish_reason reason) {
    switch (reason) {
        case finish_reason::end_token: return "end_token";
        case finish_reason::stop_string: return "stop_string";
        case finish_reason::length: break;
    }
    return "length";
}

/// One answer to a prompt. Filled by a sampler.
struct completion {
    std::vector<token_id> ids;     ///< sampled tokens, the end token included, [T]: what the trainer trains on
    std::string text;              ///< decoded `ids` without special tokens: what rewards read. Ends before the
                                   ///< stop string that ended it, unless the sampler is told to keep it
    std::vector<float> log_probs;  ///< log p(id | before) under the model itself, at temperature 1, [T]
    std::vector<float> behavior_log_probs;  ///< the same at the sampling temperature, before top-k/top-p/min-p, [T]:
                                            ///< the "old" log-probs of the objective; equals `log_probs` at T 1 or 0
    std::vector<float> entropies;           ///< of the model's distribution at each token, nats, at temperature 1, [T]
    std::vector<float> ref_log_probs{};     ///< of the same tokens under the reference policy, at the sampling
                                            ///< temperature, [T]; only where an advantage asks for them (trainer)
    finish_reason finish = finish_reason::length;  ///< why it ended
};

}  // namespace aha
