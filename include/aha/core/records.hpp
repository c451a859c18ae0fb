#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/message.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/core/token_id.hpp>
#include <aha/core/turn.hpp>

namespace aha {

/// Why a completion ended.
enum class finish_reason {
    end_token,    ///< the model emitted one of the end tokens
    stop_string,  ///< a stop string was generated
    length,       ///< the token budget or the context was used up: the completion is truncated
    failed,       ///< its environment failed
};

/// The word used in files and logs: "end_token", "stop_string", "length" or "failed".
inline std::string_view to_string(finish_reason reason) {
    switch (reason) {
        case finish_reason::end_token: return "end_token";
        case finish_reason::stop_string: return "stop_string";
        case finish_reason::failed: return "failed";
        case finish_reason::length: break;
    }
    return "length";
}

/// One answer to a prompt. Filled by a sampler.
struct completion {
    std::vector<token_id> ids;     ///< sampled tokens, the end token included, [T]: what the trainer trains on
    std::string text;              ///< decoded `ids` without special tokens: what rewards read. Ends before the
                                   ///< stop string that ended it, unless the sampler is told to keep it. Of several
                                   ///< turns, what the policy said in them, with a line break between two
    std::vector<float> log_probs;  ///< log p(id | before) under the model itself, at temperature 1, [T]
    std::vector<float> behavior_log_probs;  ///< the same at the sampling temperature, before top-k/top-p/min-p, [T]:
                                            ///< the "old" log-probs of the objective; equals `log_probs` at T 1 or 0
    std::vector<float> entropies;           ///< of the model's distribution at each token, nats, at temperature 1, [T]
    std::vector<float> ref_log_probs{};     ///< of the same tokens under the reference policy, at the sampling
                                            ///< temperature, [T]; only where an advantage asks for them (trainer)
    finish_reason finish = finish_reason::length;  ///< why it ended
    std::vector<turn> turns{};  ///< where an environment speaks too; empty: the policy wrote all. What it did not write
                                ///< has log-probs and entropies of 0
};

/// What a process reward says of one step of a completion.
struct step_score {
    std::int64_t end = 0;  ///< one past the step's last token, in (0, T]
    double value = 0;      ///< how good the step is
    bool operator==(const step_score&) const = default;
};

/// What a reward says of a completion. A plain number converts to it.
struct score {
    double value = 0;                                   ///< the scalar that advantages are made of
    std::vector<std::pair<std::string, double>> parts;  ///< named addends, for metrics; empty for a single reward. What
                                                        ///< is not applicable may have some too: a 1 that counts why
    std::vector<step_score> steps;  ///< of a process reward, in order; what `process_advantage` is made of
    bool applicable = true;         ///< false: leave this completion out of its group's statistics, with advantage 0

    score() = default;
    /// No score yet, a number, or a number with named parts.
    score(double v) : value{v} {}  // NOLINT(google-explicit-constructor): a number is a score
    /// No score yet, a number, or a number with named parts.
    score(double v, std::vector<std::pair<std::string, double>> named) : value{v}, parts{std::move(named)} {}

    /// The score of a completion that a reward has nothing to say about.
    static score not_applicable() {
        score none;
        none.applicable = false;
        return none;
    }
};

/// The records that stages exchange. Stages know these and nothing of one another; only the trainers draw the arrows
/// `prompt -> rollout_group (completions) -> rollout_group (scores) -> rollout_group (advantages)`.

/// What a model reads of a data row.
struct prompt_text {
    std::string text;        ///< all of it
    bool templated = false;  ///< a chat template wrote it, and so says itself how it begins

    /// A text that the tokenizer puts its first token before, unless a template wrote it.
    prompt_text(std::string read, bool by_template = false)  // NOLINT: a render function may give a plain text
        : text{std::move(read)}, templated{by_template} {}
};

/// One question. Filled by a prompt source; `ids` is filled by whoever owns the tokenizer.
struct prompt {
    std::int64_t index = 0;        ///< position in the data set; part of every random key
    std::string text;              ///< what the model reads, rendered through a template (prompt source or trainer)
    std::vector<token_id> ids;     ///< `text` as tokens, [P] (trainer)
    json fields = json::object();  ///< the data row as read: what rewards compare with
    bool templated = false;    ///< `text` was written by a chat template, which says itself how it begins; otherwise
                               ///< the tokenizer puts its first token before it (prompt source)
    json messages = nullptr;   ///< in the place of `text`: the turns that a chat template makes it of, a list of
                               ///< {"role", "content"} (prompt source); the trainer renders them with the model's
                               ///< template and the "tools" and "chat_template_kwargs" of `fields`
    std::uint64_t repeat = 0;  ///< how many prompts of the step before it have the same `index`; part of every random
                               ///< key (trainer)

    /// What tells it from the other prompts of its step: `random_key::prompt`.
    std::uint64_t random_place() const { return static_cast<std::uint64_t>(index) + (repeat << 40U); }

    /// The data row's value under `key`; throws `aha::error` naming the missing key and the prompt.
    const json& operator[](std::string_view key) const {
        const auto found = fields.find(std::string{key});
        require(found != fields.end(), "prompt ", index, " has no field \"", key, "\"");
        return *found;
    }
};

/// A prompt with the completions sampled for it: the unit of GRPO. Built up stage by stage.
struct rollout_group {
    aha::prompt prompt;                                  ///< prompt source
    std::vector<completion> completions;                 ///< sampler, [G]
    std::vector<score> scores;                           ///< reward stage, [G]
    std::vector<double> advantages;                      ///< advantage stage, [G]
    std::vector<std::vector<float>> token_advantages{};  ///< advantage stage, [G][T], where tokens of one completion
                                                         ///< differ; empty: `advantages` at each of its tokens
};

}  // namespace aha
