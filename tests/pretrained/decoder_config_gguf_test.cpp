#include <aha/pretrained/decoder_config_gguf.hpp>
#include <aha/pretrained/decoder_config_json.hpp>
#include <aha/model/ops/rotary.hpp>

#include <ATen/ATen.h>
#include <cmath>
#include <cstdint>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gguf_builder.hpp"
#include "files_support.hpp"

namespace {

using namespace files_support;
using testing::HasSubstr;

/// A description of a decoder with heads of 16, 1024 tokens and the base 10000, without a tokenizer.
gguf_builder described(const std::string& architecture = "llama") {
    gguf_builder b;
    b.value("general.architecture", 8, text(architecture));
    const std::pair<const char*, std::uint32_t> sizes[] = {{"embedding_length", 64},
                                                           {"feed_forward_length", 8},
                                                           {"block_count", 1},
                                                           {"attention.head_count", 4},
                                                           {"context_length", 1024}};
    for (const auto& [key, size] : sizes) b.value(architecture + "." + key, 4, raw(size));
    b.value(architecture + ".attention.layer_norm_rms_epsilon", 6, raw(1e-5F));
    b.tensor("token_embd.weight", {64, 4}, 0, 0);
    b.data = std::string(2048, '\0');
    return b;
}

gguf_builder& number(gguf_builder& b, const std::string& key, float value) { return b.value(key, 6, raw(value)); }

class decoder_config_gguf : public testing::Test {
protected:
    aha::decoder_config read(const gguf_builder& b) const {
        return aha::decoder_config_from_gguf(aha::gguf_file{write(folder / "a.gguf", b.file())});
    }
    std::string error(const std::function<void(gguf_builder&)>& change) const {
        gguf_builder b = described();
        change(b);
        return complaint([&] { read(b); });
    }
    made_folder folder;
};

// What llama.cpp does with each (llama-model.cpp and llama-context.cpp of llama-cpp-python 0.3.36).
TEST_F(decoder_config_gguf, reads_scalings_by_the_rules_of_llama_cpp) {
    const auto scaling = [&](const std::function<void(gguf_builder&)>& change) {
        gguf_builder b = described();
        change(b);
        return read(b).rope_scaling;
    };
    const std::string rope = "llama.rope.", scaled = rope + "scaling.";
    const std::optional<aha::rotary_scaling> none, by_four = aha::linear_scaling{4};
    EXPECT_EQ(scaling([](auto&) {}), none);
    EXPECT_EQ(scaling([&](auto& b) { number(b, scaled + "factor", 4); }), by_four);
    EXPECT_EQ(scaling([&](auto& b) { number(b, rope + "scale_linear", 4); }), by_four);
    EXPECT_EQ(scaling([&](auto& b) { number(number(b, rope + "scale_linear", 2), scaled + "factor", 4); }), by_four);
    EXPECT_EQ(scaling([&](auto& b) { number(b, scaled + "factor", 0); }), none);
    EXPECT_EQ(scaling([&](auto& b) { number(b.value(scaled + "type", 8, text("linear")), scaled + "factor", 1); }),
              none);
    EXPECT_EQ(scaling([&](auto& b) { number(b.value(scaled + "type", 8, text("none")), scaled + "factor", 4); }), none);
    EXPECT_EQ(scaling([&](auto& b) { number(b.value(scaled + "type", 8, text("linear")), scaled + "factor", 4); }),
              by_four);

    aha::yarn_scaling yarn;
    yarn.factor = 4, yarn.original_context = 1024;
    const auto yarned = [&](gguf_builder& b) -> gguf_builder& {
        return number(b.value(scaled + "type", 8, text("yarn")), scaled + "factor", 4);
    };
    EXPECT_EQ(scaling([&](auto& b) { yarned(b); }), aha::rotary_scaling{yarn});
    yarn.original_context = 256, yarn.beta_fast = 16, yarn.beta_slow = 2;
    const auto all_keys = [&](gguf_builder& b) -> gguf_builder& {
        yarned(b).value(scaled + "original_context_length", 4, raw(256U));
        return number(number(b, scaled + "yarn_beta_fast", 16), scaled + "yarn_beta_slow", 2);
    };
    EXPECT_EQ(scaling([&](auto& b) { all_keys(b); }), aha::rotary_scaling{yarn});
    yarn.attention_factor = 0.5 * (1 + 0.1 * std::log(4.0));  // a factor of YaRN's own
    EXPECT_EQ(scaling([&](auto& b) { number(all_keys(b), scaled + "attn_factor", 0.5F); }), aha::rotary_scaling{yarn});

    aha::longrope_scaling longrope;
    longrope.short_factors = std::vector<double>(8, 1), longrope.long_factors = std::vector<double>(8, 3);
    longrope.factor = 4, longrope.original_context = 256, longrope.attention_factor = 1.5;
    EXPECT_EQ(scaling([&](auto& b) {
                  b.value(scaled + "type", 8, text("longrope"));
                  b.value(scaled + "original_context_length", 4, raw(256U));
                  number(b, scaled + "attn_factor", 1.5F);
                  b.tensor("rope_factors_short.weight", {8}, 0, 1024).tensor("rope_factors_long.weight", {8}, 0, 1056);
                  for (std::size_t i = 0; i < 16; ++i) b.data.replace(1024 + i * 4, 4, raw(i < 8 ? 1.0F : 3.0F));
              }),
              aha::rotary_scaling{longrope});
}

// The divisors that llama.cpp's converter writes for Llama 3's scaling: those of transformers 5.23's frequencies.
TEST_F(decoder_config_gguf, finds_llama3_scaling_behind_its_divisors) {
    const auto with_divisors = [&](const at::Tensor& divisors, float theta) {
        gguf_builder b = described();
        number(b, "llama.rope.freq_base", theta).tensor("rope_freqs.weight", {8}, 0, 1024);
        const at::Tensor stored = divisors.to(at::kFloat).contiguous();
        b.data.replace(1024, 32, static_cast<const char*>(stored.const_data_ptr()), 32);
        return b;
    };
    const auto frequencies = [](const std::optional<aha::rotary_scaling>& s, double theta) {
        aha::rotary_shape shape;
        shape.head_dim = 16, shape.theta = theta, shape.scaling = s, shape.context = 1024;
        return aha::frequencies_of(shape, 1).radians;
    };
    for (const float theta : {10000.0F, 500000.0F})
        for (const aha::llama3_scaling& s : {aha::llama3_scaling{},
                                             {.factor = 32},
                                             {.factor = 4, .original_context = 1024},
                                             {.factor = 8, .high_frequency_factor = 16, .original_context = 8192},
                                             {.factor = 6, .low_frequency_factor = 0.5, .original_context = 3000}}) {
            const at::Tensor meant = frequencies(s, theta);
            const aha::decoder_config c = read(with_divisors(frequencies(std::nullopt, theta) / meant, theta));
            const at::Tensor found = frequencies(c.rope_scaling, theta);
            EXPECT_TRUE(found.allclose(meant, 2e-4, 0)) << theta << " " << s.factor << " " << found << meant;
            EXPECT_EQ(aha::decoder_config_from_json(aha::decoder_config_to_json(c), "it").rope_scaling, c.rope_scaling);
        }
    EXPECT_EQ(read(with_divisors(at::ones(8), 10000)).rope_scaling, std::nullopt);
    const double nan = std::numeric_limits<double>::quiet_NaN(), infinite = std::numeric_limits<double>::infinity();
    for (const at::Tensor& wrong :
         {at::arange(8, 0, -1).to(at::kFloat), at::zeros(8), at::full(8, 0.5), at::full(8, nan), at::full(8, infinite),
          at::full(8, -1.0), at::tensor({1.0, 5.0, 1.0, 8.0, 8.0, 8.0, 8.0, 8.0}), at::full(8, 1e30)})
        EXPECT_THAT(complaint([&] { read(with_divisors(wrong, 10000)); }), HasSubstr("otary")) << wrong;
}

TEST_F(decoder_config_gguf, knows_biases_by_their_tensors) {
    const auto with = [&](const std::string& architecture, const std::vector<std::string>& parts) {
        gguf_builder b = described(architecture);
        std::uint64_t at = 1024;
        for (const std::string& part : parts) b.tensor("blk.0." + part + ".bias", {4}, 0, std::exchange(at, at + 32));
        return b;
    };
    const aha::decoder_config plain = read(with("llama", {}));
    EXPECT_FALSE(plain.attention_bias || plain.attention_output_bias || plain.mlp_bias);
    const aha::decoder_config llama = read(with("llama", {"attn_q", "attn_output", "ffn_up"}));
    EXPECT_TRUE(llama.attention_bias && llama.attention_output_bias && llama.mlp_bias);
    const aha::decoder_config qwen2 = read(with("qwen2", {"attn_q"}));
    EXPECT_TRUE(qwen2.attention_bias && !qwen2.attention_output_bias && !qwen2.mlp_bias);
    EXPECT_TRUE(read(with("qwen2", {})).attention_bias);
    EXPECT_TRUE(read(with("qwen3", {"attn_q", "attn_output"})).attention_output_bias);
    EXPECT_THAT(complaint([&] { read(with("llama", {"attn_q"})); }), HasSubstr("biases of queries alone"));
    EXPECT_THAT(complaint([&] { read(with("llama", {"attn_output"})); }), HasSubstr("biases of attention's output"));
    EXPECT_THAT(complaint([&] { read(with("qwen2", {"attn_output"})); }), HasSubstr("not supported for qwen2"));
}

TEST_F(decoder_config_gguf, takes_one_number_for_all_layers) {
    const auto list = [](std::uint32_t a, std::uint32_t b) {
        return raw(4U) + raw<std::uint64_t>(2) + raw(a) + raw(b);
    };
    gguf_builder b = described();
    b.value("llama.attention.head_count_kv", 9, list(2, 2));
    EXPECT_EQ(read(b).kv_heads, 2);
    EXPECT_THAT(error([&](auto& x) { x.value("llama.attention.head_count_kv", 9, list(2, 4)); }),
                HasSubstr("layers with \"llama.attention.head_count_kv\" of their own"));
    EXPECT_THAT(error([&](auto& x) { x.value("llama.attention.head_count_kv", 9, raw(4U) + raw<std::uint64_t>(0)); }),
                HasSubstr("of their own"));
}

TEST_F(decoder_config_gguf, says_what_the_decoder_lacks) {
    const std::string scaled = "llama.rope.scaling.";
    const std::vector<std::pair<std::function<void(gguf_builder&)>, std::string>> table = {
        {[&](auto& b) { b.value(scaled + "type", 8, text("su")); }, "rotary scaling \"su\" is not supported"},
        {[&](auto& b) { b.value(scaled + "type", 4, raw(1U)); }, "is not a string"},
        {[&](auto& b) { number(b, scaled + "factor", 0.5F); }, "factor must lie in 1"},
        {[&](auto& b) { number(b, scaled + "factor", -1); }, "factor must lie in 1"},
        {[&](auto& b) { number(b, scaled + "factor", std::numeric_limits<float>::infinity()); }, "factor must lie in"},
        {[&](auto& b) { number(b, scaled + "factor", std::numeric_limits<float>::quiet_NaN()); }, "factor must lie in"},
        {[&](auto& b) { number(b, scaled + "attn_factor", 2); }, "attn_factor 2 without yarn"},
        {[&](auto& b) { b.value(scaled + "type", 8, text("longrope")); }, "no tensor \"rope_factors_short.weight\""},
        {[&](auto& b) {
             b.value(scaled + "type", 8, text("yarn")).value(scaled + "original_context_length", 4, raw(0U));
         },
         "original context"},
        {[&](auto& b) { number(b.value(scaled + "type", 8, text("yarn")), scaled + "yarn_beta_fast", -1); },
         "beta_fast"},
        {[&](auto& b) { number(b, scaled + "factor", 2).tensor("rope_freqs.weight", {8}, 0, 1024); },
         "rope_freqs.weight beside linear scaling"},
        {[&](auto& b) {
             number(b.value(scaled + "type", 8, text("yarn")), scaled + "factor", 2)
                 .tensor("rope_freqs.weight", {8}, 0, 1024);
         },
         "rope_freqs.weight beside yarn scaling"},
        {[&](auto& b) { b.tensor("rope_freqs.weight", {4}, 0, 1024); }, "has 4 numbers, not half of head_dim 16"},
        {[&](auto& b) { b.value("llama.attention.sliding_window", 4, raw(1023U)); }, "sliding_window 1023 of 1024"},
        {[&](auto& b) { b.value("llama.attention.causal", 7, std::string(1, '\0')); }, "attention to later tokens"},
        {[&](auto& b) { b.value("llama.expert_count", 4, raw(8U)); }, "expert_count is not supported"},
    };
    EXPECT_EQ(error([](auto&) {}), "no complaint");
    EXPECT_EQ(error([](auto& b) { b.value("tokenizer.ggml.model", 8, text("none")); }), "no complaint");
    EXPECT_THAT(error([](auto& b) { b.value("tokenizer.ggml.model", 8, text("gpt2")); }), HasSubstr("without tokens"));
    EXPECT_EQ(error([](auto& b) { b.value("llama.attention.sliding_window", 4, raw(1024U)); }), "no complaint");
    for (const auto& [change, sentence] : table) EXPECT_THAT(error(change), HasSubstr(sentence)) << sentence;
}

}  // namespace
