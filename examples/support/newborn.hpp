#pragma once

#include <aha/model/decoder.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/model/initialize.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <cstdint>
#include <optional>
#include <utility>

namespace example {

/// How large a decoder is.
struct newborn_options {
    std::int64_t layers = 2, width = 64, context = 64;
    std::uint64_t seed = 1;
};

/// A decoder that knows nothing, with a token for each word of `words`, a tokenizer.
template <class Tensor, class Words>
aha::pretrained<aha::decoder<Tensor>, Words> newborn(Words words, const newborn_options& o) {
    aha::decoder_config config;
    config.vocabulary_size = words.vocabulary_size();
    config.hidden_size = o.width;
    config.intermediate_size = 3 * o.width;
    config.layers = o.layers;
    config.heads = config.kv_heads = 4;
    config.head_dim = o.width / 4;
    config.context = o.context;
    config.eos_ids = words.end_ids();
    aha::decoder<Tensor> model{config};
    aha::initialize(model, o.seed, 0.05);
    return {std::move(model), std::move(words), std::nullopt, std::nullopt, std::nullopt};
}

}  // namespace example
