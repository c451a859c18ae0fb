#pragma once

#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/chain_of_thought.hpp>
#include <aha/reward/judge/judged_texts.hpp>
#include <aha/reward/trimmed.hpp>

namespace aha::detail {

AHA_INLINE std::string messages_text(const json& messages) {
    std::string all;
    for (const json& one : messages) {
        std::string content;
        if (const auto found = one.find("content"); found != one.end() && found->is_string()) {
            content = found->get<std::string>();
        } else if (found != one.end() && found->is_array()) {
            for (const json& part : *found)
                if (part.is_object() && part.contains("text") && part.at("text").is_string())
                    content += part.at("text").get<std::string>();
        }
        if (messages.size() == 1) return content;
        all += one.value("role", "") + ": " + content + '\n';
    }
    return all;
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE std::string judged_texts::question(const prompt& asked) const {
    const json& given = question_field.empty() ? asked.messages : asked[question_field];
    if (given.is_string()) return given.get<std::string>();
    if (given.is_array() && !given.empty()) {
        bool turns = true;
        for (const json& one : given) turns = turns && one.is_object();
        if (turns) return detail::messages_text(given);
    }
    require(question_field.empty(), "prompt ", asked.index, " has in its field \"", question_field,
            "\" neither a text nor messages: ", given.dump());
    return asked.text;
}

AHA_INLINE std::optional<std::string_view> judged_texts::answer(const prompt& asked, std::string_view text) const {
    if (thoughts) return text;
    constexpr std::string_view think = "<think>";
    const bool prefilled = detail::trimmed(asked.text).ends_with(think);
    if (!prefilled && text.find(think) == std::string_view::npos && text.find("</think>") == std::string_view::npos)
        return text;
    return final_summary(text, prefilled);
}

}  // namespace aha
