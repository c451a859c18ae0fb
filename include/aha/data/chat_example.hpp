#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/core/token_id.hpp>
#include <aha/text/assistant_turns.hpp>
#include <aha/text/bpe_tokenizer.hpp>
#include <aha/text/chat_template.hpp>

namespace aha {

/// How a conversation becomes an example.
struct chat_example_options {
    std::int64_t index = 0;                    ///< place in the data set, for messages
    json variables = json::object();           ///< what the template is given besides: the row's tools, ...
    learned_turns turns = learned_turns::all;  ///< which of the assistant's turns are learned
    bool allow_dropped_text = false;  ///< true: learn what the template writes, even if it leaves out a part of what
                                      ///< the assistant says in the row (the thoughts before an answer, say)
};

namespace detail {

/// Tokens of a text and the bytes of it that each came from. A tokenizer of one's own without `encode_with_spans` must
/// have tokens that spell the text.
template <class Tokenizer>
encoding tokens_with_spans(const Tokenizer& tokenizer, const std::string& text, std::int64_t index) {
    if constexpr (requires { tokenizer.encode_with_spans(text); }) {
        return tokenizer.encode_with_spans(text);
    } else if constexpr (requires(token_id id) { std::string_view{tokenizer.token_bytes(id)}; }) {
        encoding made{tokenizer.encode(text), {}};
        std::size_t begin = 0;
        for (const token_id id : made.ids) {
            const std::string_view bytes = tokenizer.token_bytes(id);
            require(text.compare(begin, bytes.size(), bytes) == 0, "example ", index,
                    " cannot be marked: its tokens do not spell its text, from byte ", begin, " on");
            made.spans.push_back({begin, begin + bytes.size()});
            begin += bytes.size();
        }
        require(begin == text.size(), "example ", index, " cannot be marked: its tokens end before its text");
        return made;
    } else {
        fail(
            "example ", index,
            " cannot be marked: the tokenizer does not say which bytes its tokens came from; give it encode_with_spans "
            "or token_bytes");
    }
}

inline void require_whole_text(const chat_template& chat, const json& messages, const json& variables) {
    if (const auto dropped = dropped_text(chat, messages, variables))
        fail("the chat template leaves out ", *dropped,
             ", which would not be learned; take it out of the row, give a template that writes it (thoughts are often "
             "read from \"reasoning_content\"), or allow dropped text");
}

template <class Tokenizer>
bool is_end(const Tokenizer& tokenizer, token_id id) {
    const auto& ends = tokenizer.end_ids();
    return std::ranges::find(ends, id) != std::ranges::end(ends);
}

}  // namespace detail

/// An example that learns what the assistant says in a conversation, end tokens included: a token counts if it came
/// from a byte of a turn, as transformers' assistant mask has it. Of a template without `{% generation %}` blocks a
/// turn ends with its last end token.
/// @param source a `pretrained` model, or anything with a `tokenizer` that has `encode_with_spans` or `token_bytes`
/// @param messages a JSON array of messages
/// Throws `aha::error` if the turns cannot be told from the rest, if the template leaves their end token out (the model
/// would never learn to stop), and, unless that is allowed, if it leaves out what the assistant says.
template <class Source>
supervised_example chat_example(const Source& source, const chat_template& chat, const json& messages,
                                const chat_example_options& options = {}) {
    const auto named = [&](const auto&... parts) { fail("example ", options.index, ": ", parts...); };
    learnable_chat rendered;
    try {
        rendered = render_to_learn(chat, messages, options.variables, options.turns);
        if (!options.allow_dropped_text) detail::require_whole_text(chat, messages, options.variables);
    } catch (const error& problem) {
        named(problem.what());
    }
    const auto encoded = detail::tokens_with_spans(source.tokenizer, rendered.text, options.index);
    supervised_example example;
    example.index = options.index;
    example.ids = encoded.ids;
    example.loss_mask.assign(example.ids.size(), 0);
    std::size_t from = 0;
    bool stops = false;
    for (const auto& [begin, end] : rendered.turns) {
        while (from < example.ids.size() && encoded.spans[from].end <= begin) ++from;
        std::size_t to = from, after_end = from;
        for (; to < example.ids.size() && encoded.spans[to].begin < end; ++to) {
            if (encoded.spans[to].begin == encoded.spans[to].end) continue;
            example.loss_mask[to] = 1;
            if (detail::is_end(source.tokenizer, example.ids[to])) after_end = to + 1;
        }
        stops = stops || after_end > from;
        if (!rendered.marked) {
            if (after_end == from)
                named(
                    "the chat template puts no end token of the tokenizer behind a turn of the assistant, so the "
                    "model would never learn to stop");
            std::fill(example.loss_mask.begin() + static_cast<std::ptrdiff_t>(after_end),
                      example.loss_mask.begin() + static_cast<std::ptrdiff_t>(to), std::uint8_t{0});
        }
        from = to > from ? to - 1 : from;  // a token may belong to two turns
    }
    if (!example.loss_mask.empty()) example.loss_mask.front() = 0;
    if (!stops)
        named(
            "the chat template's {% generation %} block leaves out the end token, so the model would never learn to "
            "stop; close the block after it");
    return example;
}

/// The same with the source's own template. Throws `aha::error` if it has none.
template <class Source>
supervised_example chat_example(const Source& source, const json& messages, const chat_example_options& options = {}) {
    require(source.chat.has_value(), "example ", options.index,
            " is a conversation, and the model has no chat template");
    return chat_example(source, *source.chat, messages, options);
}

}  // namespace aha
