#pragma once

#include <utility>

#include <aha/text/r1_template.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha {

AHA_INLINE void r1_template_options::validate() const {
    require(!user.empty(), "user must not be empty: it separates the question from what is before it");
    require(!assistant.empty(), "assistant must not be empty: it separates the answer from the question");
    for (const worked_example& example : examples) {
        require(!example.question.empty(), "a worked example has no question; its answer is \"", example.answer, '"');
        for (const std::string_view tag : {"<think>", "</think>", "<answer>", "</answer>"})
            require(example.reasoning.find(tag) == std::string::npos && example.answer.find(tag) == std::string::npos,
                    "the worked example of \"", example.question, "\" contains ", tag, ", which the template adds");
    }
}

AHA_INLINE r1_template::r1_template(r1_template_options options) : options_{std::move(options)} {
    options_.validate();
    before_ = options_.instruction;
    for (const worked_example& example : options_.examples)
        before_ += turn(example.question, before_.empty()) + " <think> " + example.reasoning + " </think> <answer> " +
                   example.answer + " </answer>";
}

AHA_INLINE std::string r1_template::operator()(std::string_view question) const {
    std::string text = before_ + turn(question, before_.empty());
    if (!options_.prefill.empty()) text += ' ' + options_.prefill;
    return text;
}

AHA_INLINE std::string r1_template::turn(std::string_view question, bool first) const {
    constexpr std::string_view ends = ".?!:;";
    std::string text = first ? std::string{} : options_.separator;
    text.append(options_.user).append(" ").append(question);
    if (!question.empty() && ends.find(question.back()) == std::string_view::npos) text += '.';
    return text.append(options_.separator).append(options_.assistant);
}

}  // namespace aha
