#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/environment_answer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/core/token_id.hpp>
#include <aha/data/row_fields.hpp>
#include <aha/text/chat_template.hpp>

namespace aha {

/// How an environment's answers become tokens: as the chat template writes what stands between two turns of the
/// assistant. The policy's own tokens stay as they were sampled; the template is only asked for what surrounds them,
/// by the prefix that it preserves: the conversation up to a turn must be a beginning of the conversation with more.
class chat_turns {
public:
    explicit chat_turns(chat_template chat) : chat_{std::move(chat)} {}

    /// The tokens that stand between the policy's turn and its next.
    /// @param said the completion up to the policy's last turn
    /// @param answers all so far, the last one to be written
    /// Throws `aha::error` for a prompt that was not given as messages, for what the template refuses, with its line,
    /// and for a template that does not preserve prefixes.
    template <class Tokenizer>
    std::vector<token_id> operator()(const Tokenizer& tokenizer, const prompt& asked, const completion& said,
                                     std::span<const environment_answer> answers) const {
        std::vector<token_id> ids = tokenizer.encode(text_between(asked, said, answers));
        // The token that ended the turn may be the first of what the template writes.
        if (said.finish != finish_reason::length && !ids.empty() && !said.ids.empty() && ids.front() == said.ids.back())
            ids.erase(ids.begin());
        return ids;
    }

    /// What the template writes from the end of the assistant's last turn up to its next.
    std::string text_between(const prompt& asked, const completion& said,
                             std::span<const environment_answer> answers) const {
        require(asked.messages.is_array(), "prompt ", asked.index,
                " was not given as messages, so a chat template cannot write an environment's answer to it");
        json variables = json::object();
        if (asked.fields.is_object())
            variables =
                detail::row_fields{asked.fields, "prompt " + std::to_string(asked.index), ""}.template_variables();
        json talk = asked.messages;
        for (std::size_t n = 0; n + 1 < answers.size(); ++n) {
            talk.push_back(turn_message(said.turns.at(n).said));
            add(talk, answers[n]);
        }
        talk.push_back(turn_message(said.turns.at(answers.size() - 1).said));
        std::size_t thoughts = 0;
        for (std::size_t n = 0; n < answers.size(); ++n) thoughts += has_thoughts(said.turns[n].said) ? 1 : 0;
        const std::string before = chat_.render(talk, {.add_generation_prompt = false, .variables = variables});
        add(talk, answers.back());
        const std::string whole = chat_.render(talk, {.variables = variables});
        require(whole.starts_with(before),
                "the chat template does not preserve prefixes: what it writes of a dialogue "
                "up to the assistant's turn ",
                answers.size(), " of prompt ", asked.index,
                " is no beginning of what it writes with the environment's answer; from ", shown(before, whole));
        require(count(before, thought_mark) == thoughts,
                "the chat template does not preserve prefixes: it drops what the assistant thought in its turns, which "
                "stays in what the policy reads (prompt ",
                asked.index, "); give chat_turns a variant of the template that keeps it");
        const std::size_t mark = before.rfind(end_mark);
        require(mark != std::string::npos, "the chat template does not write what the assistant says in turn ",
                answers.size(), " of prompt ", asked.index);
        return whole.substr(mark + end_mark.size());
    }

private:
    // Two characters for private use, U+E000 and U+E001.
    static constexpr std::string_view thought_mark = "\xEE\x80\x80", end_mark = "\xEE\x80\x81";

    /// A turn with a mark where the policy's tokens end. Its words are those of the policy where a template may look at
    /// them: what is thought before `</think>`.
    static json turn_message(const std::string& said) {
        const std::string thoughts =
            has_thoughts(said) ? "<think>\n" + std::string{thought_mark} + "\n</think>\n\n" : "";
        return {{"role", "assistant"}, {"content", thoughts + "said" + std::string{end_mark}}};
    }

    static bool has_thoughts(const std::string& said) { return said.find("</think>") != std::string::npos; }

    static std::size_t count(std::string_view text, std::string_view mark) {
        std::size_t found = 0;
        for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + mark.size()))
            ++found;
        return found;
    }

    static void add(json& talk, const environment_answer& answer) {
        if (answer.messages.is_array()) talk.insert(talk.end(), answer.messages.begin(), answer.messages.end());
        else talk.push_back({{"role", answer.role}, {"content", answer.text}});
    }

    /// Where two texts part, without the marks.
    static std::string shown(const std::string& before, const std::string& whole) {
        std::size_t same = 0;
        while (same < before.size() && same < whole.size() && before[same] == whole[same]) ++same;
        std::string rest = before.substr(same, 40);
        for (const std::string_view mark : {thought_mark, end_mark})
            for (std::size_t at; (at = rest.find(mark)) != std::string::npos;) rest.replace(at, mark.size(), "...");
        return json(rest).dump(-1, ' ', false, json::error_handler_t::ignore) + " on";
    }

    chat_template chat_;
};

}  // namespace aha
