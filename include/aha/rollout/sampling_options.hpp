#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/sampling_rule.hpp>

namespace aha {

/// How tokens are drawn. The defaults are the plain model distribution, as training needs it.
struct sampling_options {
    double temperature = 1;  ///< divides the logits; 0 is greedy
    std::int64_t top_k = 0;  ///< keep the k likeliest tokens; 0 keeps all
    double top_p = 1;        ///< keep the likeliest tokens up to this mass (Holtzman et al. 2020); 1 keeps all
    double min_p = 0;        ///< keep tokens at least this share of the likeliest one's probability
    std::int64_t max_new_tokens = 256;  ///< token budget of a completion
    std::vector<std::string> stop{};    ///< a completion ends when its text comes to contain one of these, or with
                                        ///< the token, where one is the text of a special token
    bool include_stop_string = false;   ///< `completion::text` ends with the stop string; false: before it. Tokens and
                                        ///< log-probs are all that was sampled in either case, and a
                                        ///< special token has no text in either. vLLM's `include_stop_str_in_output`
    std::vector<std::int64_t> suppress{};  ///< tokens that are never drawn
    std::int64_t min_new_tokens = 0;       ///< end tokens are not drawn before this many tokens
    bool operator==(const sampling_options&) const = default;

    /// The numbers alone.
    sampling_rule rule() const { return {temperature, top_k, top_p, min_p, min_new_tokens}; }

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(temperature == 0 || (temperature >= 1e-6 && temperature <= 1e6),
                "temperature must be 0 (greedy) or from 1e-06 to 1e+06, not ", temperature);
        require(top_k >= 0, "top_k must be 0 (all) or more, not ", top_k);
        require(top_p > 0 && top_p <= 1, "top_p must be in (0, 1], not ", top_p);
        require(min_p >= 0 && min_p < 1, "min_p must be in [0, 1), not ", min_p);
        require(max_new_tokens > 0, "max_new_tokens must be positive, not ", max_new_tokens);
        require(min_new_tokens >= 0 && min_new_tokens <= max_new_tokens, "min_new_tokens must be in [0, ",
                max_new_tokens, "], not ", min_new_tokens);
        for (const std::string& s : stop) require(!s.empty(), "a stop string must not be empty");
    }
};

}  // namespace aha
