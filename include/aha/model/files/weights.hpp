#pragma once

#include <ATen/core/Tensor.h>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/model/files/decoder_config.hpp>
#include <aha/model/files/decoder_config_gguf.hpp>
#include <aha/model/files/decoder_config_json.hpp>
#include <aha/model/files/expected_tensors.hpp>
#include <aha/model/files/gguf.hpp>
#include <aha/model/files/gguf_dequantize.hpp>
#include <aha/model/files/gguf_names.hpp>
#include <aha/model/files/non_finite.hpp>
#include <aha/model/files/safetensors.hpp>
#include <aha/core/shown_name.hpp>

namespace aha {

/// How weights are read.
struct weight_options {
    bool check_finite = true;  ///< a NaN or an infinity in a weight is an error
    bool operator==(const weight_options&) const = default;
};

/// A pretrained decoder on disk: a Hugging Face folder (config.json and model.safetensors, sharded or not) or a GGUF
/// file. Opening it reads the description alone, and checks that every tensor of the model is there in its shape, and
/// no other.
class weight_source {
public:
    /// Throws `aha::error` naming the file, key or tensor at fault.
    explicit weight_source(std::filesystem::path path, weight_options options = {})
        : path_{std::move(path)}, options_{options} {
        std::error_code none;
        require(std::filesystem::exists(path_, none), "there is no model at ", path_);
        if (std::filesystem::is_directory(path_, none)) open_folder();
        else open_gguf();
        check_tensors();
    }

    /// The file or folder.
    const std::filesystem::path& path() const { return path_; }
    /// What the file says of the model.
    const decoder_config& config() const { return config_; }
    /// The GGUF file, if it is one: `read_gguf_text` takes the tokenizer from it.
    const std::optional<gguf_file>& gguf() const { return gguf_; }

    /// Names of the model's tensors as Hugging Face has them, in the order of the model.
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& [name, shape] : expected_tensors(config_)) all.push_back(name);
        return all;
    }

    /// The tensor called `name`, on the CPU, of the float type that it is stored in (float32 from GGUF). It may be a
    /// view of the mapped file: copy it before writing to it. Throws `aha::error` for a NaN or an infinity in it.
    at::Tensor load(const std::string& name) const {
        const at::Tensor loaded = gguf_ ? from_gguf(name) : shard(name).tensor(name);
        if (options_.check_finite) check_finite(loaded, name);
        return loaded;
    }

private:
    void open_folder() {
        config_ = read_decoder_config(path_ / "config.json");
        const std::filesystem::path whole = path_ / "model.safetensors", index = path_ / "model.safetensors.index.json";
        if (std::filesystem::exists(whole)) {
            shards_.push_back(std::make_unique<safetensors_file>(whole));
            for (const auto& [name, entry] : shards_[0]->entries()) stored_[name] = {entry.shape, 0, {}};
        } else {
            require(
                std::filesystem::exists(index), path_,
                " has neither model.safetensors nor model.safetensors.index.json",
                std::filesystem::exists(path_ / "pytorch_model.bin") ? " (pytorch_model.bin is not supported)" : "");
            open_shards(index);
        }
        for (const auto& [name, s] : stored_)
            require(c10::isFloatingType(shards_[s.shard]->entries().at(name).type), path_.string(), ": tensor ",
                    detail::shown_name(name), " is of whole numbers, not a weight");
        const std::filesystem::path generation = path_ / "generation_config.json";
        if (std::filesystem::exists(generation)) {  // where chat models list all of their end tokens
            detail::config_reader in{detail::read_json_object(generation), generation.string()};
            for (const token_id id : in.integers("eos_token_id")) {
                require(id >= 0 && id < config_.vocabulary_size, generation.string(), ": eos_token_id ", id,
                        " is not in the vocabulary of ", config_.vocabulary_size);
                if (std::ranges::find(config_.eos_ids, id) == config_.eos_ids.end()) config_.eos_ids.push_back(id);
            }
        }
    }

    void open_shards(const std::filesystem::path& index) {
        const nlohmann::json value = detail::read_json_object(index);
        const auto map = value.find("weight_map");
        require(map != value.end() && map->is_object(), index.string(), " has no weight_map");
        std::map<std::string, std::size_t> opened;
        for (const auto& [name, file] : map->items()) {
            require(file.is_string(), index.string(), ": the file of ", detail::shown_name(name), " is not a string");
            const auto& file_name = file.get_ref<const std::string&>();
            require(!file_name.empty() && file_name != "." && file_name != ".." &&
                        file_name.find_first_of(std::string_view{"/\0", 2}) == std::string::npos,
                    index.string(), ": ", detail::shown_name(file_name),
                    " is not the name of a file in the same folder");
            const auto [place, is_new] = opened.emplace(file_name, shards_.size());
            if (is_new) shards_.push_back(std::make_unique<safetensors_file>(path_ / file_name));
            const auto& entries = shards_[place->second]->entries();
            const auto entry = entries.find(name);
            require(entry != entries.end(), index.string(), ": ", detail::shown_name(file_name),
                    " does not hold tensor ", detail::shown_name(name));
            stored_[name] = {entry->second.shape, place->second, {}};
        }
    }

    void open_gguf() {
        gguf_.emplace(path_);
        config_ = decoder_config_from_gguf(*gguf_);
        for (const auto& [theirs, tensor] : gguf_->tensors()) {
            if (theirs.starts_with("rope_f")) continue;  // rope_freqs, rope_factors_long, ...: the configuration's
            const auto name = hugging_face_name(theirs);
            require(name.has_value(), path_.string(), ": the model has no place for tensor ",
                    detail::shown_name(theirs));
            stored_[*name] = {tensor.shape, 0, theirs};
        }
    }

    void check_tensors() {
        std::set<std::string> expected;
        for (const auto& [name, shape] : expected_tensors(config_)) {
            const auto found = stored_.find(name);
            require(found != stored_.end(), path_.string(), ": tensor ", detail::shown_name(name), " is missing");
            require(found->second.shape == shape, path_.string(), ": tensor ", detail::shown_name(name),
                    " has the shape ", shown(found->second.shape), ", not ", shown(shape));
            expected.insert(name);
        }
        std::erase_if(stored_, [](const auto& s) { return s.first.ends_with(".rotary_emb.inv_freq"); });
        if (!config_.gives_score && config_.tie_embeddings && stored_.contains("lm_head.weight")) {
            require(shard("lm_head.weight").tensor("lm_head.weight").equal(load("model.embed_tokens.weight")),
                    path_.string(),
                    ": the configuration ties the head to the embedding, but lm_head.weight differs from it");
            stored_.erase("lm_head.weight");
        }
        for (const auto& [name, s] : stored_)
            require(expected.contains(name), path_.string(), ": the model has no place for tensor ",
                    detail::shown_name(name));
    }

    const safetensors_file& shard(const std::string& name) const { return *shards_[find(name).shard]; }

    /// llama.cpp's converter reorders the rows of Llama's query and key heads, from [half, pair] to [pair, half], for
    /// its way to rotate them; this takes them back.
    at::Tensor from_gguf(const std::string& name) const {
        const at::Tensor loaded = dequantize(*gguf_, find(name).gguf_name);
        const bool query = name.find(".q_proj.") != std::string::npos, key = name.find(".k_proj.") != std::string::npos;
        if (config_.architecture != "llama" || !(query || key)) return loaded;
        const std::int64_t heads = query ? config_.heads : config_.kv_heads;
        return loaded.view({heads, config_.head_dim / 2, 2, -1}).transpose(1, 2).reshape(loaded.sizes());
    }

    void check_finite(const at::Tensor& loaded, const std::string& name) const {
        const std::optional<std::int64_t> at = first_non_finite(loaded);
        if (!at) return;
        fail(path_.string(), ": tensor ", detail::shown_name(name), " holds ", loaded.flatten()[*at].item<double>(),
             " as its element ", *at);
    }

    struct stored_tensor {
        std::vector<std::int64_t> shape;
        std::size_t shard = 0;
        std::string gguf_name;
    };
    const stored_tensor& find(const std::string& name) const {
        const auto found = stored_.find(name);
        require(found != stored_.end(), path_.string(), " has no tensor ", detail::shown_name(name));
        return found->second;
    }
    static std::string shown(const std::vector<std::int64_t>& shape) {
        std::string text;
        for (const std::int64_t extent : shape) text += (text.empty() ? "" : ", ") + std::to_string(extent);
        return "[" + text + "]";
    }

    std::filesystem::path path_;
    weight_options options_;
    decoder_config config_;
    std::map<std::string, stored_tensor> stored_;
    std::vector<std::unique_ptr<safetensors_file>> shards_;
    std::optional<gguf_file> gguf_;
};

}  // namespace aha
