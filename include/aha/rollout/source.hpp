#pragma once

#include <type_traits>
#include <utility>

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

}  // namespace aha
