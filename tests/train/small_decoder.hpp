#pragma once

#include <aha/model/decoder.hpp>
#include <aha/model/initialise.hpp>

namespace aha::test {

/// A Qwen2-shaped decoder of 31 tokens and width 16, with weights that are the same every time.
inline decoder<> small_model() {
    decoder_config config;
    config.architecture = "qwen2";
    config.vocabulary_size = 31;
    config.hidden_size = 16;
    config.intermediate_size = 24;
    config.layers = 2;
    config.heads = 4;
    config.kv_heads = 2;
    config.head_dim = 4;
    config.context = 64;
    config.tie_embeddings = true;
    config.attention_bias = true;
    decoder<> model{config};
    initialise(model, 5, 0.1);
    return model;
}

}  // namespace aha::test
