#pragma once

#include <algorithm>
#include <cstdint>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/text/text_tokens.hpp>

namespace aha {

/// The token that ends what a model says: the tokenizer's own (its "eos_token") where it has one, else the first of its
/// end tokens. Throws `aha::error` for a tokenizer without any.
template <class Tokenizer>
token_id end_token_of(const Tokenizer& tokenizer) {
    if constexpr (requires { tokenizer.eos(); })
        if (const auto own = tokenizer.eos()) return *own;
    const auto& ends = tokenizer.end_ids();
    require(std::ranges::begin(ends) != std::ranges::end(ends),
            "the tokenizer has no end token, so where an example ends cannot be learned");
    return *std::ranges::begin(ends);
}

/// `ids` with `end_token_of` behind them, unless they end with an end token.
template <class Tokenizer>
std::vector<token_id> with_end_token(const Tokenizer& tokenizer, std::vector<token_id> ids) {
    const auto& ends = tokenizer.end_ids();
    const token_id last = end_token_of(tokenizer);
    if (ids.empty() || (ids.back() != last && std::ranges::find(ends, ids.back()) == std::ranges::end(ends)))
        ids.push_back(last);
    return ids;
}

/// An example that learns a completion of `asked` as a sampler ended it: with the end token, unless its tokens were
/// used up (`finish_reason::length`), for then the model did not end it. An empty one is the end token alone.
/// @param source a `pretrained` model, or anything with a `tokenizer`
/// @param asked its tokens, or, where it has none, those of its text
/// Throws `aha::error` for a completion of which nothing is left to learn, for an empty prompt, and for a tokenizer
/// without an end token where one is needed.
template <class Source>
supervised_example completion_example(const Source& source, const prompt& asked, std::string_view completion,
                                      finish_reason finish) {
    supervised_example example;
    example.index = asked.index;
    example.ids = asked.ids.empty() ? tokens_of(source, asked) : asked.ids;
    example.loss_mask.assign(example.ids.size(), 0);
    std::vector<token_id> said = source.tokenizer.encode(completion);
    if (finish != finish_reason::length) said = with_end_token(source.tokenizer, std::move(said));
    require(!said.empty(), "the completion of example ", asked.index, " is empty and does not end");
    example.ids.insert(example.ids.end(), said.begin(), said.end());
    example.loss_mask.resize(example.ids.size(), 1);
    return example;
}

/// An example that learns `completion` and the end token after it, given `prompt`, which counts in no loss. The two are
/// tokenized apart, as a sampler sees them: a token never spans both.
/// @param source a `pretrained` model, or anything with a `tokenizer`
/// @param index place in the data set, for messages
/// Throws `aha::error` for an empty prompt or completion, and for a tokenizer without an end token.
template <class Source>
supervised_example completion_example(const Source& source, std::string_view prompt, std::string_view completion,
                                      std::int64_t index = 0) {
    require(!completion.empty(), "the completion of example ", index, " is empty");
    aha::prompt asked;
    asked.index = index;
    asked.text = prompt;
    return completion_example(source, asked, completion, finish_reason::end_token);
}

}  // namespace aha
