#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <aha/core/json.hpp>
#include <aha/core/records.hpp>

/// What of prompts and completions judges read.
namespace aha {

/// Where a judge finds the question, and what it reads of the answer.
struct judged_texts {
    std::string question_field{};  ///< the row's field with the question: a text, or messages; empty: the prompt's
                                   ///< messages, or its text where it has none
    bool thoughts = false;         ///< the judge reads the answer's thoughts too; false: what follows its `</think>`

    /// The question. Throws `aha::error` naming the prompt if the row has no such field.
    std::string question(const prompt& asked) const;

    /// The answer; nothing if it never stops thinking, and so says nothing. A text without tags, to a prompt that does
    /// not end with `<think>`, is an answer throughout.
    std::optional<std::string_view> answer(const prompt& asked, std::string_view text) const;
};

namespace detail {

/// Messages as one text: the content of a single one, of several each under its role.
std::string messages_text(const json& messages);

}  // namespace detail

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/judge/judged_texts.ipp>
#endif
