#pragma once

#include <algorithm>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/core/token_id.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>

/// What trainers ask of what they train: a bare model, or one with its tokenizer. How the latter is loaded and saved is
/// `pretrained.hpp`'s.
namespace aha {

template <class Model, class Tokenizer>
struct pretrained;

/// The model inside `source`: `source.model` of a `pretrained`, else `source` itself.
template <class Source>
decltype(auto) model_of(Source& source) {
    if constexpr (requires {
                      source.tokenizer;
                      source.model;
                  })
        return (source.model);
    else return (source);
}

/// The type of what `model_of` gives.
template <class Source>
using model_of_t = std::remove_cvref_t<decltype(model_of(std::declval<Source&>()))>;

namespace detail {

template <class Source>
struct default_sampler_type {
    using type = void;
};
template <class Model, class Tokenizer>
struct default_sampler_type<pretrained<Model, Tokenizer>> {
    using type = autoregressive_sampler<Tokenizer>;
};

}  // namespace detail

/// What a trainer of such a source samples with unless it is given a sampler.
template <class Source>
using default_sampler_t = typename detail::default_sampler_type<Source>::type;

namespace detail {

/// Makes the sampler of a trainer that is given none: plain sampling at temperature 1 with the source's own tokenizer.
template <class Source>
struct make_default_sampler {
    const Source* source;
    template <class Sampler>
    Sampler operator()(std::type_identity<Sampler>) const {
        return Sampler{source->tokenizer};
    }
};
template <class Source>
make_default_sampler(Source*) -> make_default_sampler<Source>;

}  // namespace detail

/// A text as tokens, as a model of the tokenizer's kind reads it from its beginning. What the tokenizer puts before
/// every text (its first token) is added unless the text spells it out, or a chat template wrote it: that says itself
/// how it begins. What the tokenizer would put behind a text is not: the text goes on.
template <class Tokenizer>
std::vector<token_id> text_tokens(const Tokenizer& tokenizer, std::string_view text, bool templated = false) {
    std::vector<token_id> ids = tokenizer.encode(text);
    if constexpr (requires { tokenizer.encode_with_special(text); }) {
        if (templated || std::ranges::empty(tokenizer.encode_with_special(std::string_view{}))) return ids;
        const std::vector<token_id> framed = tokenizer.encode_with_special(text);
        const auto own = std::ranges::search(framed, ids).begin();
        const std::vector<token_id> before(framed.begin(), own);
        const bool spelled_out =
            before.size() <= ids.size() && std::ranges::equal(before, std::span{ids}.first(before.size()));
        if (!spelled_out) ids.insert(ids.begin(), before.begin(), before.end());
    }
    return ids;
}

/// The prompt's text as tokens (`text_tokens`). Throws `aha::error` for an empty one.
template <class Source>
std::vector<token_id> tokens_of(const Source& source, const prompt& p) {
    if constexpr (requires { source.tokenizer.encode(p.text); }) {
        std::vector<token_id> ids = text_tokens(source.tokenizer, p.text, p.templated);
        require(!ids.empty(), "prompt ", p.index, " is empty");
        return ids;
    } else {
        fail("prompt ", p.index, " has no tokens, and a bare model has no tokenizer to make them");
    }
}

}  // namespace aha
