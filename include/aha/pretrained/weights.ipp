#pragma once

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/nonzero.h>
#include <atomic>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <aha/pretrained/weights.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/pretrained/decoder_config_gguf.hpp>
#include <aha/pretrained/decoder_config_json.hpp>
#include <aha/pretrained/gguf_dequantize.hpp>
#include <aha/pretrained/gguf_names.hpp>
#include <aha/pretrained/other_folder.hpp>

namespace aha::detail {

/// Whether numbers of this type take one byte and mean little without a scale.
inline bool is_float8(c10::ScalarType type) { return c10::isFloatingType(type) && c10::elementSize(type) == 1; }

/// How many rows or columns share one of `scales` of `extent`: all, one each, or blocks of 128 as DeepSeek and Qwen
/// release them, or of another size where that goes without a rest. 0 if none fits.
inline std::int64_t block_of(std::int64_t extent, std::int64_t scales) {
    if (scales == 1) return extent;
    if (scales == extent) return 1;
    if ((extent + 127) / 128 == scales) return 128;
    return scales > 0 && extent % scales == 0 ? extent / scales : 0;
}

/// A float8 weight times its scales, in float32.
/// @param stored [out, in] or [n]
/// @param scales [1] or scalar, [out] or [out, 1], or one a block [out / b, in / b]
/// @param where begins the sentence if the shapes do not go together
inline at::Tensor scaled_weight(const at::Tensor& stored, const at::Tensor& scales, const std::string& where) {
    const at::Tensor wide = stored.to(at::kFloat);
    at::Tensor s = scales.to(at::kFloat);
    if (s.numel() == 1) return wide * s.reshape({});
    if (s.dim() == 1 && wide.dim() == 2) s = s.unsqueeze(1);
    require(wide.dim() == 2 && s.dim() == 2 && block_of(wide.size(0), s.size(0)) > 0 &&
                block_of(wide.size(1), s.size(1)) > 0,
            where, " has scales of the shape ", s.sizes(), " for weights of the shape ", wide.sizes());
    for (const std::int64_t d : {0, 1})
        s = s.repeat_interleave(block_of(wide.size(d), s.size(d)), d).narrow(d, 0, wide.size(d));
    return wide * s;
}

/// Whether a float of this size with its exponent all ones (`Mask`: a NaN or an infinity) is among `count` of them.
/// One pass at the speed of memory.
template <class Bits, Bits Mask>
bool any_exponent_full(const void* data, std::int64_t count) {
    std::atomic<bool> found = false;
    at::parallel_for(0, count, 65536, [&](std::int64_t begin, std::int64_t end) {
        const Bits* const bits = static_cast<const Bits*>(data);
        Bits any = 0;
        for (std::int64_t i = begin; i < end; ++i) any |= static_cast<Bits>((bits[i] & Mask) == Mask);
        if (any != 0) found = true;
    });
    return found;
}

/// The place (in row order) of the first NaN or infinity in a tensor of floats on the CPU; none if all are finite.
inline std::optional<std::int64_t> first_non_finite(const at::Tensor& tensor) {
    const at::Tensor dense = tensor.contiguous();
    const void* const data = dense.const_data_ptr();
    bool suspect = true;
    if (dense.scalar_type() == at::kFloat) suspect = any_exponent_full<std::uint32_t, 0x7f800000>(data, dense.numel());
    if (dense.scalar_type() == at::kBFloat16) suspect = any_exponent_full<std::uint16_t, 0x7f80>(data, dense.numel());
    if (dense.scalar_type() == at::kHalf) suspect = any_exponent_full<std::uint16_t, 0x7c00>(data, dense.numel());
    if (!suspect) return std::nullopt;
    const at::Tensor places = at::isfinite(dense).logical_not().flatten().nonzero();
    if (places.size(0) == 0) return std::nullopt;
    return places[0].item<std::int64_t>();
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE weight_source::weight_source(std::filesystem::path path, weight_options options, const tensor_layout& layout)
    : path_{std::move(path)}, options_{options} {
    std::error_code none;
    if (!std::filesystem::exists(path_, none)) fail(detail::nothing_at(path_));
    if (std::filesystem::is_directory(path_, none)) open_folder();
    else if (const auto other = detail::other_file(path_)) fail(*other);
    else open_gguf();
    expected_ = layout(config_);
    check_tensors();
}

AHA_INLINE std::vector<std::string> weight_source::names() const {
    std::vector<std::string> all;
    for (const auto& [name, shape] : expected_) all.push_back(name);
    return all;
}

AHA_INLINE at::Tensor weight_source::load(const std::string& name) const {
    const at::Tensor loaded = gguf_ ? from_gguf(name) : from_shard(name);
    if (options_.check_finite) check_finite(loaded, name);
    return loaded;
}

AHA_INLINE void weight_source::open_folder() {
    std::error_code none;
    if (!std::filesystem::exists(path_ / "config.json", none))
        if (const auto other = detail::other_folder(path_)) fail(*other);
    detail::described_decoder described = detail::read_described_decoder(path_ / "config.json");
    config_ = std::move(described.config);
    notes_ = std::move(described.notes);
    const std::filesystem::path whole = path_ / "model.safetensors", index = path_ / "model.safetensors.index.json";
    if (std::filesystem::exists(whole, none)) {
        shards_.push_back(std::make_unique<safetensors_file>(whole));
        for (const auto& [name, entry] : shards_[0]->entries()) stored_[name] = {entry.shape, 0, name};
    } else if (std::filesystem::exists(index, none)) {
        open_shards(index);
    } else {
        fail(detail::no_weights_in(path_));
    }
    if (std::filesystem::exists(path_ / "adapter_config.json", none))
        notes_.push_back(path_.string() + ": the adapter beside the model was passed over");
    read_generation_config(path_ / "generation_config.json");
    resolve_head();
}

AHA_INLINE void weight_source::read_generation_config(const std::filesystem::path& generation) {
    std::error_code none;
    if (!std::filesystem::exists(generation, none)) return;
    detail::config_reader in{detail::read_json_object(generation), generation.string()};
    for (const token_id id : detail::known_ids(in, "eos_token_id", config_.vocabulary_size))
        if (std::ranges::find(config_.eos_ids, id) == config_.eos_ids.end()) config_.eos_ids.push_back(id);
    notes_.insert(notes_.end(), in.notes().begin(), in.notes().end());
}

AHA_INLINE void weight_source::resolve_head() {
    const std::string head = "lm_head.weight", embedding = "model.embed_tokens.weight";
    if (config_.has_score_head || !config_.tie_embeddings || !stored_.contains(head)) return;
    if (!stored_.contains(embedding)) {
        stored_[embedding] = stored_[head];
        stored_.erase(head);
        notes_.push_back(path_.string() + ": there is no " + embedding + "; " + head + " is used for both");
    } else if (stored_[head].shape == stored_[embedding].shape && same(head, embedding)) {
        stored_.erase(head);
    } else {
        config_.tie_embeddings = false;
        notes_.push_back(path_.string() + ": " + head + " is used although the configuration ties the head to the " +
                         "embedding, since it differs from it");
    }
}

AHA_INLINE bool weight_source::same(const std::string& a, const std::string& b) const {
    const at::Tensor first = shard(a).tensor(stored_.at(a).stored_name);
    const at::Tensor second = shard(b).tensor(stored_.at(b).stored_name);
    const bool compares = c10::isFloatingType(first.scalar_type()) && !detail::is_float8(first.scalar_type());
    if (compares && first.scalar_type() == second.scalar_type()) return first.equal(second);
    return first.to(at::kFloat).equal(second.to(at::kFloat));
}

AHA_INLINE void weight_source::open_shards(const std::filesystem::path& index) {
    const nlohmann::json value = detail::read_json_object(index);
    const auto map = value.find("weight_map");
    require(map != value.end() && map->is_object(), index.string(), " has no weight_map");
    std::map<std::string, std::size_t> opened;
    for (const auto& [name, file] : map->items()) {
        require(file.is_string(), index.string(), ": the file of ", detail::shown_name(name), " is not a string");
        const auto& file_name = file.get_ref<const std::string&>();
        constexpr std::size_t longest_name = 255;  // of files on Linux
        require(!file_name.empty() && file_name.size() <= longest_name && file_name != "." && file_name != ".." &&
                    file_name.find_first_of(std::string_view{"/\0", 2}) == std::string::npos,
                index.string(), ": ", detail::shown_name(file_name), " is not the name of a file in the same folder");
        const auto [place, is_new] = opened.emplace(file_name, shards_.size());
        if (is_new) shards_.push_back(std::make_unique<safetensors_file>(path_ / file_name));
        const auto& entries = shards_[place->second]->entries();
        const auto entry = entries.find(name);
        require(entry != entries.end(), index.string(), ": ", detail::shown_name(file_name), " does not hold tensor ",
                detail::shown_name(name));
        stored_[name] = {entry->second.shape, place->second, name};
    }
}

AHA_INLINE void weight_source::open_gguf() {
    gguf_.emplace(path_);
    config_ = decoder_config_from_gguf(*gguf_);
    for (const auto& [theirs, tensor] : gguf_->tensors()) {
        if (theirs.starts_with("rope_f")) continue;  // rope_freqs, rope_factors_long, ...: the configuration's
        stored_[hugging_face_name(theirs).value_or(theirs)] = {tensor.shape, 0, theirs};
    }
}

AHA_INLINE void weight_source::check_tensors() {
    std::set<std::string> expected;
    for (const auto& [name, shape] : expected_) {
        const auto found = stored_.find(name);
        require(found != stored_.end(), path_.string(), ": tensor ", detail::shown_name(name), " is missing");
        require(found->second.shape == shape, path_.string(), ": tensor ", detail::shown_name(name), " has the shape ",
                shown(found->second.shape), ", not ", shown(shape));
        require(gguf_ || c10::isFloatingType(entry_of(name).type), path_.string(), ": tensor ",
                detail::shown_name(name), " is of the type ", gguf_ ? "" : entry_of(name).type_name,
                ", which is not one that weights can have");
        expected.insert(name);
    }
    std::vector<std::string> others;
    for (const auto& [name, s] : stored_)
        if (!expected.contains(name) && !is_scale(name)) others.push_back(name);
    if (others.empty()) return;
    for (const std::string& name : others)  // llama.cpp would compute with it
        require(!gguf_ || !is_gguf_layer_part(find(name).stored_name, config_.layers), path_.string(),
                ": the model has no place for tensor ", detail::shown_name(find(name).stored_name));
    std::string sentence = path_.string() + ": the model has no place for ";
    for (std::size_t i = 0; i < std::min(others.size(), most_named); ++i)
        sentence += (i > 0 ? ", " : "") + detail::shown_name(others[i]);
    if (others.size() > most_named) sentence += " and " + std::to_string(others.size() - most_named) + " others";
    notes_.push_back(sentence + ", passed over");
}

AHA_INLINE bool weight_source::is_scale(const std::string& name) const {
    return std::ranges::any_of(scale_names, [&](const std::string& suffix) {
        const auto weight =
            name.ends_with(suffix) ? stored_.find(name.substr(0, name.size() - suffix.size())) : stored_.end();
        return weight != stored_.end() && !gguf_ && detail::is_float8(entry_of(weight->first).type);
    });
}

AHA_INLINE at::Tensor weight_source::from_shard(const std::string& name) const {
    const at::Tensor loaded = shard(name).tensor(find(name).stored_name);
    if (!detail::is_float8(loaded.scalar_type())) return loaded;
    for (const char* suffix : scale_names)
        if (stored_.contains(name + suffix))
            return detail::scaled_weight(loaded, shard(name + suffix).tensor(name + suffix),
                                         path_.string() + ": tensor " + detail::shown_name(name));
    return loaded.to(at::kFloat);
}

AHA_INLINE const safetensors_file::entry& weight_source::entry_of(const std::string& name) const {
    return shard(name).entries().at(find(name).stored_name);
}

AHA_INLINE at::Tensor weight_source::from_gguf(const std::string& name) const {
    const at::Tensor loaded = dequantize(*gguf_, find(name).stored_name);
    const bool query = name.find(".q_proj.") != std::string::npos, key = name.find(".k_proj.") != std::string::npos;
    if (config_.architecture != "llama" || !(query || key)) return loaded;
    const std::int64_t heads = query ? config_.heads : config_.kv_heads;
    return loaded.view({heads, config_.head_dim / 2, 2, -1}).transpose(1, 2).reshape(loaded.sizes());
}

AHA_INLINE void weight_source::check_finite(const at::Tensor& loaded, const std::string& name) const {
    const std::optional<std::int64_t> at = detail::first_non_finite(loaded);
    if (!at) return;
    fail(path_.string(), ": tensor ", detail::shown_name(name), " holds ", loaded.flatten()[*at].item<double>(),
         " as its element ", *at);
}

AHA_INLINE auto weight_source::find(const std::string& name) const -> const stored_tensor& {
    const auto found = stored_.find(name);
    require(found != stored_.end(), path_.string(), " has no tensor ", detail::shown_name(name));
    return found->second;
}

AHA_INLINE std::string weight_source::shown(const std::vector<std::int64_t>& shape) {
    std::string text;
    for (const std::int64_t extent : shape) text += (text.empty() ? "" : ", ") + std::to_string(extent);
    return "[" + text + "]";
}

}  // namespace aha
