#pragma once

#include <ATen/core/Tensor.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <aha/model/decoder.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/pretrained/expected_tensors.hpp>
#include <aha/pretrained/gguf.hpp>
#include <aha/pretrained/safetensors.hpp>

namespace aha {

/// How weights are read.
struct weight_options {
    bool check_finite = true;  ///< a NaN or an infinity in a weight is an error
    bool operator==(const weight_options&) const = default;
};

/// A pretrained decoder on disk: a Hugging Face folder (config.json and model.safetensors, sharded or not) or a GGUF
/// file. Opening it reads the description alone, and checks that every tensor of the model is there in its shape. What
/// else is there is passed over, as transformers does, and told by `notes`.
class weight_source {
public:
    /// Throws `aha::error` naming the file, key or tensor at fault.
    /// @param layout which tensors the model has; of a decoder with other blocks `expected_tensors<my_decoder>`
    explicit weight_source(std::filesystem::path path, weight_options options = {},
                           const tensor_layout& layout = expected_tensors<decoder<>>);

    /// The file or folder.
    const std::filesystem::path& path() const { return path_; }
    /// What the file says of the model.
    const decoder_config& config() const { return config_; }
    /// The GGUF file, if it is one: `read_gguf_text` takes the tokenizer from it.
    const std::optional<gguf_file>& gguf() const { return gguf_; }

    /// What was passed over when it was opened, a sentence each.
    const std::vector<std::string>& notes() const { return notes_; }

    /// Names of the model's tensors as Hugging Face has them, in the order of the model.
    std::vector<std::string> names() const;

    /// The tensor called `name`, on the CPU, of the float type that it is stored in (float32 from GGUF and from float8,
    /// whose scales are applied). It may be a view of the mapped file: copy it before writing to it. Throws
    /// `aha::error` for a NaN or an infinity in it.
    at::Tensor load(const std::string& name) const;

private:
    void open_folder();

    /// Chat models list all of their end tokens there.
    void read_generation_config(const std::filesystem::path& generation);

    /// A head in the file counts more than the configuration's word that it is the embedding (transformers 5.23).
    void resolve_head();

    bool same(const std::string& a, const std::string& b) const;

    void open_shards(const std::filesystem::path& index);

    void open_gguf();

    void check_tensors();

    /// Where the scales of float8 weights are; the first is DeepSeek's name for them, which are multiplied all the
    /// same.
    static constexpr std::array scale_names{"_scale_inv", "_scale"};
    bool is_scale(const std::string& name) const;

    at::Tensor from_shard(const std::string& name) const;

    const safetensors_file::entry& entry_of(const std::string& name) const;
    const safetensors_file& shard(const std::string& name) const { return *shards_[find(name).shard]; }

    /// llama.cpp's converter reorders the rows of Llama's query and key heads, from [half, pair] to [pair, half], for
    /// its way to rotate them; this takes them back.
    at::Tensor from_gguf(const std::string& name) const;

    void check_finite(const at::Tensor& loaded, const std::string& name) const;

    struct stored_tensor {
        std::vector<std::int64_t> shape;
        std::size_t shard = 0;
        std::string stored_name;  // in its file
    };
    const stored_tensor& find(const std::string& name) const;
    static std::string shown(const std::vector<std::int64_t>& shape);

    static constexpr std::size_t most_named = 8;  // tensors in a note

    std::filesystem::path path_;
    weight_options options_;
    decoder_config config_;
    tensor_shapes expected_;
    std::map<std::string, stored_tensor> stored_;
    std::vector<std::unique_ptr<safetensors_file>> shards_;
    std::optional<gguf_file> gguf_;
    std::vector<std::string> notes_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/pretrained/weights.ipp>
#endif
