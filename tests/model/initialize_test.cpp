#include <aha/model/initialize.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <gtest/gtest.h>
#include <string>

#include <aha/model/decoder.hpp>

namespace {

template <class Tensor = aha::cpu<float>>
aha::decoder<Tensor> initialized(std::uint64_t seed, double deviation = 0.02) {
    aha::decoder_config config;
    config.architecture = "qwen2";
    config.vocabulary_size = 300;
    config.hidden_size = 32;
    config.intermediate_size = 64;
    config.layers = 2;
    config.heads = 4;
    config.kv_heads = 2;
    config.head_dim = 8;
    config.context = 16;
    config.tie_embeddings = false;
    config.attention_bias = true;
    config.qk_norm = true;
    aha::decoder<Tensor> model{config};
    model.weights().values().detach().fill_(-7);  // whatever was there before
    aha::initialize(model, seed, deviation);
    return model;
}

TEST(initialize, sets_norms_to_one_and_biases_to_zero) {
    const aha::decoder<> model = initialized(1);
    const aha::parameters& weights = model.weights();
    int norms = 0, biases = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const bool bias = weights.at(i).name.find("bias") != std::string::npos;
        const bool norm = weights.at(i).name.find("norm") != std::string::npos;
        norms += norm ? 1 : 0, biases += bias ? 1 : 0;
        if (norm || bias) {
            EXPECT_TRUE(at::equal(weights[i], at::full_like(weights[i], bias ? 0.0 : 1.0))) << weights.at(i).name;
        }
    }
    EXPECT_EQ(norms, 2 * 4 + 1);  // two of a layer, two of queries and keys, the last one
    EXPECT_GT(biases, 0);
}

TEST(initialize, draws_matrices_from_a_normal_distribution) {
    const double deviation = 0.05;
    const aha::decoder<> model = initialized(2, deviation);
    const aha::parameters& weights = model.weights();
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (weights.at(i).shape.size() < 2) continue;
        const at::Tensor x = weights[i].detach().to(at::kDouble) / deviation;
        const double sigma = 1 / std::sqrt(static_cast<double>(x.numel()));
        EXPECT_NEAR(x.mean().item<double>(), 0, 5 * sigma) << weights.at(i).name;
        EXPECT_NEAR(x.square().mean().item<double>(), 1, 5 * sigma * std::sqrt(2.0)) << weights.at(i).name;
        EXPECT_NEAR(x.pow(4).mean().item<double>(), 3, 5 * sigma * std::sqrt(96.0)) << weights.at(i).name;
        for (std::size_t j = 0; j < i; ++j)  // no two matrices begin alike
            if (weights.at(j).shape.size() == 2) {
                EXPECT_NE(weights[i][0][0].item<float>(), weights[j][0][0].item<float>());
            }
    }
}

TEST(initialize, equal_seeds_give_equal_weights_on_every_machine) {
    EXPECT_TRUE(at::equal(initialized(3).weights().values(), initialized(3).weights().values()));
    EXPECT_FALSE(at::equal(initialized(3).weights().values(), initialized(4).weights().values()));
    const aha::decoder<> model = initialized(3, 1);
    const aha::random_stream random{{3, 0, 0, 0}};
    for (std::int64_t n = 0; n < 5; ++n)
        EXPECT_EQ(model.weights()[0][0][n].item<float>(),
                  static_cast<float>(random.normal(static_cast<std::uint64_t>(n))));
}

TEST(initialize, leaves_leaves_trainable_and_refreshes_the_copy_for_products) {
    const aha::decoder<aha::cpu<aha::bfloat16>> model = initialized<aha::cpu<aha::bfloat16>>(5);
    const aha::lm_head head = model.head();
    EXPECT_TRUE(head.weight.requires_grad() && head.weight.is_leaf());
    EXPECT_TRUE(at::equal(head.compute, head.weight.detach().to(at::kBFloat16)));
    EXPECT_GT(head.compute.abs().max().item<float>(), 0);
}

/// A model whose embedding is free of weight decay, as many are, and whose norm is not.
struct with_a_free_embedding {
    aha::parameters all{{{"embedding", {6, 4}, false}, {"norm", {4}, true}, {"bias", {4}, false}}, at::kFloat};
    const aha::parameters& weights() const { return all; }
    void refresh() {}
};

TEST(initialize, does_not_take_a_matrix_without_decay_for_a_norm) {
    with_a_free_embedding model;
    aha::initialize(model, 3);
    EXPECT_GT(model.all[0].std().item<double>(), 0.005);
    EXPECT_LT(model.all[0].abs().max().item<double>(), 0.2);
    EXPECT_TRUE(at::equal(model.all[1], at::ones({4})));
    EXPECT_TRUE(at::equal(model.all[2], at::zeros({4})));
}

}  // namespace
