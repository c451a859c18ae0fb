#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>

/// The records that stages exchange. Stages know these and nothing of one another; only the trainers draw the arrows
/// `prompt -> rollout_group (completions) -> rollout_group (scores) -> rollout_group (advantages)`.
namespace aha {

/// A position in a tokenizer's vocabulary.
using token_id = std::int64_t;

/// One turn of a conversation.
struct message {
    std::string role;     ///< "system", "user", "assistant", ...
    std::string content;  ///< plain text
    bool operator==(const message&) const = default;
};

/// One question. Filled by a prompt source; `ids` is filled by whoever owns the tokenizer.
struct prompt {
    std::int64_t index = 0;     ///< position in the data set; part of every random key, so never reused in a step
    std::string text;           ///< what the model reads, rendered through a template (prompt source or trainer)
    std::vector<token_id> ids;  ///< `text` as tokens, [P] (trainer)
    nlohmann::json fields = nlohmann::json::object();  ///< the data row as read: what rewards compare with

    /// The data row's value under `key`; throws `aha::error` naming the missing key and the prompt.
    const nlohmann::json& operator[](std::string_view key) const {
        const auto found = fields.find(std::string{key});
        require(found != fields.end(), "prompt ", index, " has no field \"", key, "\"");
        return *found;
    }
};

/// Why a completion ended.
enum class finish_reason {
    end_token,    ///< the model emitted one of the end tokens
    stop_string,  ///< the text came to contain one of the stop strings
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
    std::vector<token_id> ids;              ///< sampled tokens, the end token included, [T]: what the trainer trains on
    std::string text;                       ///< decoded `ids` without special tokens: what rewards read
    std::vector<float> log_probs;           ///< log p(id | before) under the model itself, at temperature 1, [T]
    std::vector<float> behavior_log_probs;  ///< the same at the sampling temperature, before top-k/top-p/min-p, [T]:
                                            ///< the "old" log-probs of the objective; equals `log_probs` at T 1 or 0
    std::vector<float> entropies;           ///< of the model's distribution at each token, nats, at temperature 1, [T]
    std::vector<float> ref_log_probs{};     ///< of the same tokens under the reference policy, at the sampling
                                            ///< temperature, [T]; only where an advantage asks for them (trainer)
    finish_reason finish = finish_reason::length;
};

/// What a process reward says of one step of a completion.
struct step_score {
    std::int64_t end = 0;  ///< one past the step's last token, in (0, T]
    double value = 0;
    bool operator==(const step_score&) const = default;
};

/// What a reward says of a completion. A plain number converts to it.
struct score {
    double value = 0;                                   ///< the scalar that advantages are made of
    std::vector<std::pair<std::string, double>> parts;  ///< named addends, for metrics; empty for a single reward
    std::vector<step_score> steps;  ///< of a process reward, in order; what `process_advantage` is made of
    bool applicable = true;  ///< false: leave this completion out of its group's statistics, with advantage 0

    score() = default;
    score(double v) : value{v} {}  // NOLINT(google-explicit-constructor): a number is a score
    score(double v, std::vector<std::pair<std::string, double>> named) : value{v}, parts{std::move(named)} {}

    /// The score of a completion that a reward has nothing to say about.
    static score not_applicable() {
        score none;
        none.applicable = false;
        return none;
    }
};

/// A prompt with the completions sampled for it: the unit of GRPO. Built up stage by stage.
struct rollout_group {
    aha::prompt prompt;                   ///< prompt source
    std::vector<completion> completions;  ///< sampler, [G]
    std::vector<score> scores;            ///< reward stage, [G]
    std::vector<double> advantages;       ///< advantage stage, [G]
    std::vector<std::vector<float>> token_advantages{};  ///< advantage stage, [G][T], where tokens of one completion
                                                         ///< differ; empty: `advantages` at each of its tokens
};

/// A text to learn from, as tokens. Filled by whoever owns the tokenizer; supervised trainers read it.
struct supervised_example {
    std::int64_t index = 0;            ///< position in the data set, for messages
    std::vector<token_id> ids;         ///< the whole text, the end token included, [T]
    std::vector<std::uint8_t> learned; ///< 1: the token is predicted and counts in the loss, [T]; the first never is
    bool operator==(const supervised_example&) const = default;
};

}  // namespace aha
