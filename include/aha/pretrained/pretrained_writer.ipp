#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <system_error>

#include <aha/pretrained/pretrained_writer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/atomic_file.hpp>
#include <aha/files/atomic_folder.hpp>
#include <aha/files/strict_json.hpp>
#include <aha/pretrained/decoder_config_json.hpp>
#include <aha/pretrained/tokenizer_from_gguf.hpp>

namespace aha::detail {

inline constexpr std::array tokenizer_files{
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt",     "tokenizer.model",       "chat_template.jinja",     "chat_template.json"};

inline void check_against_layout(const named_tensors& tensors, const tensor_shapes& expected) {
    std::map<std::string, at::Tensor> left;
    for (const auto& [name, tensor] : tensors) {
        require(tensor.defined(), "cannot write the model: tensor ", shown_name(name), " is undefined");
        require(left.emplace(name, tensor).second, "cannot write the model: tensor ", shown_name(name),
                " is given twice");
    }
    for (const auto& [name, shape] : expected) {
        const auto found = left.find(name);
        require(found != left.end(), "cannot write the model: tensor ", shown_name(name), " is missing");
        require(found->second.sizes() == at::IntArrayRef{shape}, "cannot write the model: tensor ", shown_name(name),
                " has the shape ", found->second.sizes(), ", not ", at::IntArrayRef{shape});
        left.erase(found);
    }
    require(left.empty(), "cannot write the model: it has no place for tensor ",
            left.empty() ? std::string{} : shown_name(left.begin()->first));
}

/// transformers 5 calls it `dtype`, 4 `torch_dtype`; readers take the weights' type from it.
inline void note_type(nlohmann::json& config, const named_tensors& tensors) {
    const std::array<std::pair<c10::ScalarType, const char*>, 4> names{
        {{at::kFloat, "float32"}, {at::kBFloat16, "bfloat16"}, {at::kHalf, "float16"}, {at::kDouble, "float64"}}};
    for (const auto& [type, name] : names)
        if (tensors.front().second.scalar_type() == type) config["torch_dtype"] = config["dtype"] = name;
}

AHA_INLINE nlohmann::json generation_config(const pretrained_model& model, const nlohmann::json& config) {
    nlohmann::json value = nlohmann::json::object();
    if (model.tokenizer_folder && std::filesystem::exists(*model.tokenizer_folder / "generation_config.json"))
        value = read_json_object(*model.tokenizer_folder / "generation_config.json");
    else value["_from_model_config"] = true;
    for (const char* key : {"bos_token_id", "eos_token_id", "pad_token_id"})
        if (config.contains(key) && !config.at(key).is_null()) value[key] = config.at(key);
    if (model.end_ids.size() == 1) value["eos_token_id"] = model.end_ids.front();
    if (model.end_ids.size() > 1) value["eos_token_id"] = model.end_ids;
    return value;
}

inline void copy_into(const std::filesystem::path& from, const std::filesystem::path& folder) {
    std::error_code wrong;
    std::filesystem::copy(from, folder / from.filename(), std::filesystem::copy_options::recursive, wrong);
    require(!wrong, "cannot copy ", from, ": ", wrong.message());
}

/// Writes the folder's templates with another default: chat_template.jinja, further ones under
/// additional_chat_templates/, and none in tokenizer_config.json, where readers would look too.
inline void replace_template(const std::filesystem::path& place, const std::string& text) {
    write_atomically(place / "chat_template.jinja", text);
    std::filesystem::remove(place / "chat_template.json");  // an older name of the same
    const std::filesystem::path file = place / "tokenizer_config.json";
    if (!std::filesystem::exists(file)) return;
    nlohmann::json config = read_json_object(file);
    const auto listed = config.find("chat_template");
    if (listed == config.end()) return;
    if (listed->is_array())
        for (const nlohmann::json& one : *listed) {
            const auto text_at = [&](const char* key) {
                return one.is_object() && one.contains(key) && one[key].is_string() ? one[key].get<std::string>() : "";
            };
            const std::string name = text_at("name");
            if (name == "default" || name.empty() || name.find_first_of("/\\.") != std::string::npos) continue;
            std::filesystem::create_directories(place / "additional_chat_templates");
            write_atomically(place / "additional_chat_templates" / (name + ".jinja"), text_at("template"));
        }
    config.erase("chat_template");
    write_atomically(file, dump_json(config, file.string(), 2) + "\n");
}

inline void copy_tokenizer(const std::filesystem::path& from, const std::filesystem::path& place,
                           const std::optional<std::string>& chat_template) {
    for (const char* name : tokenizer_files)
        if (std::filesystem::exists(from / name)) copy_into(from / name, place);
    if (std::filesystem::is_directory(from / "additional_chat_templates"))
        copy_into(from / "additional_chat_templates", place);
    if (chat_template) replace_template(place, *chat_template);
}

/// What else stood in the folder that is replaced (a README, a license) moves on, as hard links. Old weights do not.
inline void keep_other_files(const std::filesystem::path& old_folder, const std::filesystem::path& new_folder) {
    namespace fs = std::filesystem;
    std::error_code wrong;
    for (const fs::directory_entry& entry : fs::directory_iterator{old_folder, wrong}) {
        const std::string name = entry.path().filename().string();
        const bool weights =
            name.starts_with("model") && (name.ends_with(".safetensors") || name.ends_with(".index.json"));
        if (weights || fs::exists(new_folder / name)) continue;
        using enum fs::copy_options;
        fs::copy(entry.path(), new_folder / name, recursive | create_hard_links | copy_symlinks, wrong);
        require(!wrong, "cannot keep ", entry.path(), " in the new folder: ", wrong.message());
    }
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE void write_pretrained(const std::filesystem::path& folder, const pretrained_model& model) {
    namespace fs = std::filesystem;
    nlohmann::json config = decoder_config_to_json(model.config);
    detail::check_against_layout(model.tensors, model.layout(model.config));
    detail::note_type(config, model.tensors);
    std::error_code wrong;
    const bool replaces = fs::is_directory(folder, wrong) && !fs::is_empty(folder, wrong);
    require(!replaces || fs::exists(folder / "config.json"), "cannot write a model to ", folder,
            ": that folder is not empty and holds no model");

    atomic_folder target{folder};
    const fs::path& place = target.workplace();
    const auto write = [&](const char* name, const nlohmann::json& value, int indent = 2) {
        write_atomically(place / name, detail::dump_json(value, (folder / name).string(), indent) + "\n");
    };
    write("config.json", config);
    if (!model.config.has_score_head) write("generation_config.json", detail::generation_config(model, config));
    write_safetensors_folder(place, model.tensors, model.max_shard_bytes);
    if (model.text) {
        gguf_text text = *model.text;
        if (model.chat_template) text.chat_template = *model.chat_template;
        write("tokenizer.json", tokenizer_json(text), -1);
        write("tokenizer_config.json", tokenizer_config_json(text, model.config.context));
        if (!text.chat_template.empty()) write_atomically(place / "chat_template.jinja", text.chat_template);
    } else if (model.tokenizer_folder) {
        detail::copy_tokenizer(*model.tokenizer_folder, place, model.chat_template);
    }
    if (replaces) detail::keep_other_files(folder, place);
    target.commit();
}

}  // namespace aha
