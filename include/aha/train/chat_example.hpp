#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/core/token_id.hpp>
#include <aha/text/chat_template.hpp>
#include <aha/train/pretrained.hpp>

namespace aha {

namespace detail {

/// Marks the tokens of `text` that touch one of the byte ranges `spans`.
template <class Tokenizer>
std::vector<std::uint8_t> marks_of(const Tokenizer& tokenizer, std::span<const token_id> ids, const std::string& text,
                                   std::span<const std::pair<std::size_t, std::size_t>> spans, std::int64_t index) {
    std::vector<std::uint8_t> marks;
    std::size_t begin = 0;
    for (const token_id id : ids) {
        const std::string_view bytes = tokenizer.token_bytes(id);
        require(text.compare(begin, bytes.size(), bytes) == 0, "example ", index,
                " cannot be marked: its tokens do not spell its text, from byte ", begin, " on");
        const std::size_t end = begin + bytes.size();
        marks.push_back(std::ranges::any_of(spans, [&](const auto& s) { return begin < s.second && s.first < end; }));
        begin = end;
    }
    require(begin == text.size(), "example ", index, " cannot be marked: its tokens end before its text");
    return marks;
}

}  // namespace detail

/// An example that learns what the assistant says in a conversation: the byte ranges that the template's
/// `{% generation %}` blocks write, end tokens included.
/// @param source a `pretrained` model, or anything with a `tokenizer` that has `token_bytes`
/// @param messages a JSON array of messages
/// Throws `aha::error` if the template cannot mark what the assistant says, or leaves its end token out: every token
/// would be learned, or the model would never stop.
template <class Source>
supervised_example chat_example(const Source& source, const chat_template& chat, const nlohmann::ordered_json& messages,
                                std::int64_t index = 0) {
    const rendered_chat rendered = chat.render_with_spans(messages, {.add_generation_prompt = false});
    require(!rendered.assistant_spans.empty(), "example ", index,
            ": the chat template does not mark what the assistant says (it has no {% generation %} block, or the "
            "conversation has no assistant turn), so its tokens cannot be told from the others");
    supervised_example example;
    example.index = index;
    example.ids = source.tokenizer.encode(rendered.text);
    example.learned = detail::marks_of(source.tokenizer, example.ids, rendered.text, rendered.assistant_spans, index);
    if (!example.learned.empty()) example.learned.front() = 0;
    bool stops = false;
    for (std::size_t i = 0; i < example.ids.size(); ++i)
        stops =
            stops || (example.learned[i] != 0 && std::ranges::count(source.tokenizer.end_ids(), example.ids[i]) > 0);
    require(stops, "example ", index,
            ": the chat template's {% generation %} block leaves out the end token, so the model would never learn to "
            "stop; close the block after it");
    return example;
}

/// The same with the source's own template. Throws `aha::error` if it has none.
template <class Source>
supervised_example chat_example(const Source& source, const nlohmann::ordered_json& messages, std::int64_t index = 0) {
    require(source.chat.has_value(), "example ", index, " is a conversation, and the model has no chat template");
    return chat_example(source, *source.chat, messages, index);
}

}  // namespace aha
