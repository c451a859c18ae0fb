#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <aha/core/error.hpp>
#include <aha/model/files/decoder_config.hpp>
#include <aha/model/files/gguf.hpp>
#include <aha/model/files/gguf_dequantize.hpp>
#include <aha/model/files/gguf_text.hpp>
#include <aha/core/shown_name.hpp>

namespace aha {

namespace detail {

/// The decimal number that was meant: GGUF keeps 1e-5 as the float32 0.00000999999974.
inline double shortest_decimal(double stored) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits - 1, static_cast<float>(stored)).ptr;
    *end = '\0';
    return std::strtod(digits, nullptr);
}

/// llama.cpp stores Llama 3's scaling as a divisor of each frequency, not as its parameters. We look for parameters in
/// use that give these divisors, and fail if there are none.
inline std::optional<llama3_scaling> scaling_from_divisors(const at::Tensor& stored, const decoder_config& c,
                                                           const std::string& where) {
    const at::Tensor divisors = stored.contiguous();
    require(divisors.dim() == 1 && divisors.numel() == c.head_dim / 2, where, ": rope_freqs.weight has ",
            divisors.numel(), " numbers, not half of head_dim ", c.head_dim);
    const float* const d = divisors.const_data_ptr<float>();
    const llama3_scaling found{.factor = *std::max_element(d, d + divisors.numel()),
                               .low_frequency_factor = 1,
                               .high_frequency_factor = 4,
                               .original_context = 8192};
    for (std::int64_t i = 0; i < divisors.numel(); ++i) {
        const double wavelength =
            2 * std::numbers::pi *
            std::pow(c.rope_theta, 2.0 * static_cast<double>(i) / static_cast<double>(c.head_dim));
        const double turns = found.original_context / wavelength;
        const double smooth = std::clamp(
            (turns - found.low_frequency_factor) / (found.high_frequency_factor - found.low_frequency_factor), 0.0,
            1.0);
        const double divisor = 1 / ((1 - smooth) / found.factor + smooth);
        require(
            std::abs(divisor - static_cast<double>(d[i])) <= 1e-4 * divisor, where,
            ": rope_freqs.weight is not the Llama 3 scaling of rotary frequencies, which is the only one supported");
    }
    if (found.factor == 1) return std::nullopt;
    return found;
}

}  // namespace detail

/// Reads a decoder's shape from a GGUF file's metadata and the names of its tensors (the head is tied if it is not
/// stored). Throws `aha::error` for a missing or ill-typed key, an architecture or an option that the decoder lacks.
inline decoder_config decoder_config_from_gguf(const gguf_file& file) {
    const std::string where = file.path().string();
    decoder_config c;
    const auto architecture = file.text("general.architecture");
    require(architecture.has_value(), where, " has no general.architecture");
    require(*architecture == "llama" || *architecture == "qwen2" || *architecture == "qwen3", where,
            ": the architecture ", detail::shown_name(*architecture), " is not supported (only llama, qwen2, qwen3)");
    c.architecture = *architecture;
    const std::string prefix = c.architecture + ".";
    const auto needed = [&](const char* key) {
        const auto value = file.integer(prefix + key);
        require(value.has_value(), where, " has no ", prefix, key);
        return *value;
    };
    c.hidden_size = needed("embedding_length");
    c.intermediate_size = needed("feed_forward_length");
    c.layers = needed("block_count");
    c.heads = needed("attention.head_count");
    c.kv_heads = file.integer(prefix + "attention.head_count_kv").value_or(c.heads);
    c.context = needed("context_length");
    require(c.heads > 0, where, ": ", prefix, "attention.head_count must be positive, not ", c.heads);
    const auto rotated = file.integer(prefix + "rope.dimension_count");
    const auto key_length = file.integer(prefix + "attention.key_length");
    c.head_dim = key_length.value_or(rotated.value_or(c.hidden_size / c.heads));
    require(rotated.value_or(c.head_dim) == c.head_dim, where, ": rotary positions on ", rotated.value_or(0), " of ",
            c.head_dim, " dimensions of a head are not supported");
    require(file.integer(prefix + "attention.value_length").value_or(c.head_dim) == c.head_dim, where,
            ": heads whose keys and values differ in length are not supported");
    for (const char* key : {"attention.sliding_window", "expert_count"})
        require(file.integer(prefix + key).value_or(0) == 0, where, ": ", prefix, key, " is not supported");
    const auto eps = file.number(prefix + "attention.layer_norm_rms_epsilon");
    require(eps.has_value(), where, " has no ", prefix, "attention.layer_norm_rms_epsilon");
    c.rms_norm_eps = detail::shortest_decimal(*eps);
    c.rope_theta = detail::shortest_decimal(file.number(prefix + "rope.freq_base").value_or(10000));
    const std::string scaling = file.text(prefix + "rope.scaling.type").value_or("none");
    const double linear = file.number(prefix + "rope.scale_linear").value_or(1);
    require(scaling == "none" && linear == 1, where, ": the rotary scaling ",
            detail::shown_name(scaling == "none" ? "linear" : scaling), " is not supported");

    const gguf_tensor& embedding = file.tensor("token_embd.weight");
    require(embedding.shape.size() == 2, where, ": token_embd.weight is not a matrix");
    c.vocabulary_size = embedding.shape[0];
    c.tie_embeddings = !file.tensors().contains("output.weight");
    c.attention_bias = c.architecture == "qwen2";
    c.qk_norm = c.architecture == "qwen3";
    if (file.metadata().contains("tokenizer.ggml.model")) {
        const gguf_text text = read_gguf_text(file);
        require(text.tokens.size() <= static_cast<std::size_t>(c.vocabulary_size), where, ": ", text.tokens.size(),
                " tokens are more than the ", c.vocabulary_size, " rows of the embedding");
        c.bos_id = text.bos;
        c.eos_ids = text.end_ids;
        c.pad_id = text.pad;
    }
    try {
        c.validate();
    } catch (const error& wrong) {
        fail(where, ": ", wrong.what());
    }
    if (file.tensors().contains("rope_freqs.weight"))
        c.rope_scaling = detail::scaling_from_divisors(dequantize(file, "rope_freqs.weight"), c, where);
    return c;
}

}  // namespace aha
