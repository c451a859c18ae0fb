#pragma once

#include <cstdint>

#include <aha/core/tensor_policy.hpp>
#include <aha/model/decoder.hpp>
#include <aha/model/initialize.hpp>
#include <aha/testing/reversed_addition.hpp>
#include <aha/testing/symbol_tokenizer.hpp>
#include <aha/pretrained/pretrained.hpp>

namespace miniature {

using aha::testing::reversed_addition;
using reasoner = aha::pretrained<aha::decoder<aha::cpu<float>>, aha::testing::symbol_tokenizer>;

/// How large a model is.
struct shape {
    std::int64_t layers = 3, hidden = 96, intermediate = 264;
    std::int64_t weights(std::int64_t vocabulary) const {
        return layers * (4 * hidden * hidden + 3 * hidden * intermediate + 2 * hidden) + hidden + vocabulary * hidden;
    }
};
inline constexpr shape large{}, small{.layers = 2, .hidden = 64, .intermediate = 160};

/// A decoder that knows nothing, with a token for each symbol of the task.
inline reasoner newborn(const reversed_addition& task, const shape& size, std::uint64_t seed) {
    aha::testing::symbol_tokenizer tokenizer{task.symbols()};
    aha::decoder_config config;
    config.vocabulary_size = tokenizer.vocabulary_size();
    config.hidden_size = size.hidden;
    config.intermediate_size = size.intermediate;
    config.layers = size.layers;
    config.heads = config.kv_heads = 4;
    config.head_dim = size.hidden / 4;
    config.context = 64;
    config.tie_embeddings = true;
    config.eos_ids = tokenizer.end_ids();
    aha::decoder<aha::cpu<float>> model{config};
    aha::initialize(model, seed, 0.05);  // learns sums in three quarters of the updates that 0.02 needs
    return {std::move(model), std::move(tokenizer), std::nullopt, std::nullopt, std::nullopt};
}

/// The same model once more: what several experiments begin with.
inline reasoner twin(const reasoner& r) {
    return {r.model.clone(), r.tokenizer, std::nullopt, std::nullopt, std::nullopt};
}

}  // namespace miniature
