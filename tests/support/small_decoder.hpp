#pragma once

#include <aha/model/decoder.hpp>
#include <aha/model/initialize.hpp>

namespace aha::test {

/// A Qwen2- or Qwen3-shaped decoder of 31 tokens, width 16 and two layers.
inline decoder_config small_config(bool qwen3 = false) {
    decoder_config config;
    config.architecture = qwen3 ? "qwen3" : "qwen2";
    config.vocabulary_size = 31;
    config.hidden_size = 16;
    config.intermediate_size = 24;
    config.layers = 2;
    config.heads = 4;
    config.kv_heads = 2;
    config.head_dim = 4;
    config.context = 64;
    config.tie_embeddings = !qwen3;
    config.attention_bias = !qwen3;
    config.qk_norm = qwen3;
    return config;
}

/// A Qwen2-shaped decoder of 31 tokens and width 16, with weights that are the same every time.
/// @param context most tokens of a prompt and its completion together
/// @param deviation of the weights: larger makes the distributions over tokens more pointed
template <class Tensor = cpu<float>>
decoder<Tensor> small_model(std::int64_t context = 64, double deviation = 0.1) {
    decoder_config config = small_config();
    config.context = context;
    decoder<Tensor> model{config};
    initialize(model, 5, deviation);
    return model;
}

}  // namespace aha::test
