#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/completion.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/message.hpp>
#include <aha/core/score.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/core/token_id.hpp>

/// The records that stages exchange. Stages know these and nothing of one another; only the trainers draw the arrows
/// `prompt -> rollout_group (completions) -> rollout_group (scores) -> rollout_group (advantages)`.
namespace aha {

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
