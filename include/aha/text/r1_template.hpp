#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aha {

/// A question that is answered inside the prompt, to show a base model what an answer looks like.
struct worked_example {
    std::string question{};   ///< as it is asked
    std::string reasoning{};  ///< what leads to the answer
    std::string answer{};     ///< what is right
    bool operator==(const worked_example&) const = default;
};

/// The words of `r1_template`. The defaults are table 1 of the DeepSeek-R1 report (arXiv:2501.12948).
struct r1_template_options {
    /// Said once, before everything else.
    std::string instruction =
        "A conversation between User and Assistant. The user asks a question, and the Assistant solves it. The "
        "assistant first thinks about the reasoning process in the mind and then provides the user with the answer. "
        "The reasoning process and answer are enclosed within <think> </think> and <answer> </answer> tags, "
        "respectively, i.e., <think> reasoning process here </think> <answer> answer here </answer>.";
    std::string user = "User:";            ///< before a question
    std::string assistant = "Assistant:";  ///< before an answer, and the last word of the prompt
    std::string separator = " ";           ///< between instruction, questions and answers; the paper's is one paragraph
    std::string prefill{};  ///< the answer's beginning, if the prompt gives it away: "<think>" in some replications
                            ///< (then give `format_reward` its `prefilled_think`)
    std::vector<worked_example> examples{};  ///< asked and answered before the question; none in the paper
    bool operator==(const r1_template_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const;
};

/// DeepSeek-R1-Zero's prompt for a base model: plain text without chat tokens, which asks for
/// `<think> ... </think> <answer> ... </answer>` and says nothing about how to think (paper, section 2.2.3, table 1).
///
/// The prompt ends with "Assistant:" and no white space, so that the model's first token can be " <". As in the paper a
/// full stop follows the question, but only one that does not end with a punctuation mark of its own.
class r1_template {
public:
    /// Throws `aha::error` if the options make no sense.
    explicit r1_template(r1_template_options options = {});

    /// The prompt that asks `question`.
    std::string operator()(std::string_view question) const;

    /// Where a completion may be cut: what follows the first of these is no part of the answer.
    std::string stop_string() const { return "</answer>"; }

    const r1_template_options& options() const { return options_; }

private:
    /// A question and the word before its answer.
    std::string turn(std::string_view question, bool first) const;

    r1_template_options options_;
    std::string before_;  ///< the instruction and the worked examples
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/text/r1_template.ipp>
#endif
