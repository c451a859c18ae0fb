#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include <aha/model/decoder.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/pretrained/expected_tensors.hpp>
#include <aha/pretrained/gguf_text.hpp>
#include <aha/pretrained/safetensors.hpp>

namespace aha {

/// What goes into a Hugging Face folder.
struct pretrained_model {
    decoder_config config;                                                 ///< sizes and variants
    named_tensors tensors;                                                 ///< those that `layout` names, in any order
    std::optional<std::filesystem::path> tokenizer_folder = std::nullopt;  ///< whose tokenizer files are copied
    std::optional<gguf_text> text = std::nullopt;                          ///< or the tokenizer of a GGUF file
    std::optional<std::string> chat_template = std::nullopt;  ///< another default than the one that came with either
    std::vector<token_id> end_ids{};                ///< where generation stops; empty: as the configuration says
    std::uint64_t max_shard_bytes = 5'000'000'000;  ///< above it the weights are split into files of at most this size
    tensor_layout layout = expected_tensors<decoder<>>;  ///< which tensors a model of this configuration has
};

namespace detail {

nlohmann::json generation_config(const pretrained_model& model, const nlohmann::json& config);

}  // namespace detail

/// Writes a folder that transformers' AutoModelForCausalLM (of a reward model AutoModelForSequenceClassification) and
/// AutoTokenizer load: config.json, generation_config.json (of what generates), model.safetensors (or shards and their
/// index) and the tokenizer's files. The folder appears whole or not at all; one
/// that is there already is replaced if it holds a model (other files in it are kept), else it is an error.
/// Throws `aha::error` for tensors that do not go with the configuration, or with what the system says.
void write_pretrained(const std::filesystem::path& folder, const pretrained_model& model);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/pretrained/pretrained_writer.ipp>
#endif
