#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/data/render_messages.hpp>
#include <aha/text/chat_template.hpp>

namespace aha {

/// Data sets whose rows ask for an answer or a program.
enum class task_kind {
    gsm8k,          ///< "question"; "answer" ends with "#### 42"
    math,           ///< "problem"; "answer", or "solution" with the answer in `\boxed{}`, as MATH's and MATH-500's
    reasoning_gym,  ///< "question"; "answer", compared as text
    human_eval,     ///< "prompt" with a function's beginning; tests as `code::task_layout::human_eval`
    mbpp,           ///< "text" or "prompt"; tests as `code::task_layout::mbpp`, which the question shows
    apps,           ///< "question", "starter_code"; tests as `code::task_layout::apps`
};

/// How the rows of a data set ask, and which of their fields says what is right. Fields of other names are given here
/// once, for the prompts and for the reward.
struct task_rows {
    task_kind kind = task_kind::gsm8k;  ///< the data set
    std::string question{};             ///< the field with the question; empty: the data set's own
    std::string answer{};               ///< the field with the answer; empty: the data set's own

    /// The one of this name: "gsm8k", "math", "reasoning-gym", "human-eval", "mbpp" or "apps". Throws `aha::error`
    /// naming them all.
    static task_rows named(std::string_view name);

    /// Whether the answer is a program, which `code_reward` runs.
    bool asks_for_program() const { return kind >= task_kind::human_eval; }

    /// What a row asks, with how the answer is to be written. Throws `aha::error` naming the field that it lacks.
    std::string ask(const json& row) const;

    /// The field that holds what is right in a row, for `accuracy` and `oracle_answer`. Throws `aha::error` if there is
    /// none.
    std::string answer_field(const json& row) const;
};

/// What a model reads of a task's row: the question as a user's message, as a chat template writes it, or the question
/// alone where there is none. It is the `render` of `jsonl_prompts`:
///
///     auto prompts = aha::jsonl_prompts{"test.jsonl", {.render = aha::task_renderer{rows, model.chat}}};
class task_renderer {
public:
    explicit task_renderer(task_rows rows, std::optional<chat_template> chat = std::nullopt)
        : rows_{std::move(rows)}, chat_{std::move(chat)} {}

    prompt_text operator()(const json& row) const {
        const std::string asked = rows_.ask(row);
        if (!chat_) return {asked};
        return detail::render_field(chat_, {{"prompt", {{{"role", "user"}, {"content", asked}}}}}, "prompt", "");
    }

private:
    task_rows rows_;
    std::optional<chat_template> chat_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/data/task_rows.ipp>
#endif
