#pragma once

#include <concepts>
#include <cstdint>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <aha/core/dialogue.hpp>
#include <aha/core/json.hpp>
#include <aha/core/message.hpp>
#include <aha/core/records.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/rollout/sampling_options.hpp>
#include <aha/rollout/prompt_reader.hpp>
#include <aha/rollout/source.hpp>

namespace aha {

/// A model with its tokenizer and the place of its chat template: a `pretrained`, as `load_decoder` gives.
template <class Source>
concept answers_texts = requires(const Source& source) {
    source.model;
    source.tokenizer;
    source.chat;
};

/// A range of what can be asked: texts, or lists of messages.
template <class T>
concept range_of_questions = std::ranges::input_range<T> && !std::convertible_to<T, text_or_turns> &&
                             std::constructible_from<text_or_turns, std::ranges::range_reference_t<T>>;

/// True, or a compile-time error that says what to write.
template <class Source>
consteval bool require_answers_texts() {
    static_assert(answers_texts<Source>,
                  "aha: to answer a text a model needs its tokenizer; write: auto model = aha::load_decoder(path); or "
                  "aha::pretrained{model, tokenizer, std::optional<aha::chat_template>{}}");
    return true;
}

namespace detail {

/// What is asked, without tokens: a text as it is, messages for the source's chat template.
inline prompt question_of(const text_or_turns& asked, std::int64_t index) {
    prompt p;
    p.index = index;
    if (const auto* const text = std::get_if<std::string>(&asked)) {
        p.text = *text;
        return p;
    }
    p.messages = json::array();
    for (const message& turn : std::get<std::vector<message>>(asked)) p.messages.push_back(to_json(turn));
    return p;
}

/// Completions of the prompts, one each.
template <class Source>
std::vector<std::string> texts_said(const Source& source, std::vector<prompt> prompts, const sampling_options& options,
                                    std::uint64_t seed) {
    const autoregressive_sampler sampler{source.tokenizer, options};
    prompt_fitter fit{source, {}, options.max_new_tokens};
    for (prompt& p : prompts) p = *fit(std::move(p));
    std::vector<std::string> texts;
    for (rollout_group& group : sampler.sample(source.model, prompts, 1, {.seed = seed}))
        texts.push_back(std::move(group.completions.front().text));
    return texts;
}

}  // namespace detail

/// The text with which the model goes on: after a text as it is, or after messages as its chat template writes them, up
/// to where the assistant begins to speak. It is what decoding the sampled tokens gives, without special tokens.
///
///     std::string answer = aha::generate(model, "What is 2 + 2?", {.max_new_tokens = 64});
///
/// @param source model with its tokenizer, as `load_decoder` gives
/// @param options the default draws from the model's own distribution; `.temperature = 0` is greedy
/// @param seed of the draws: equal seeds give equal texts
/// Throws `aha::error` for an empty text, for one that leaves no room in the model's context, for messages without a
/// chat template, and for an option that makes no sense.
template <class Source>
std::string generate(const Source& source, const text_or_turns& asked, const sampling_options& options = {},
                     std::uint64_t seed = 0) {
    static_assert(require_answers_texts<Source>());
    return std::move(detail::texts_said(source, {detail::question_of(asked, 0)}, options, seed).front());
}

/// The same for several texts or lists of messages, decoded side by side; one text each, in their order. Each has draws
/// of its own, so that equal texts may be answered differently.
template <class Source, range_of_questions Questions>
std::vector<std::string> generate(const Source& source, Questions&& asked, const sampling_options& options = {},
                                  std::uint64_t seed = 0) {
    static_assert(require_answers_texts<Source>());
    std::vector<prompt> prompts;
    for (auto&& one : asked) prompts.push_back(detail::question_of(text_or_turns(one), std::ssize(prompts)));
    return detail::texts_said(source, std::move(prompts), options, seed);
}

}  // namespace aha
