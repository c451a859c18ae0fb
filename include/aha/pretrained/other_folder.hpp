#pragma once

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/files/strict_json.hpp>

/// What a path is that holds no model, and what to do with it: a sentence each.
namespace aha::detail {

/// Names of what is in `folder`, in order. Nothing if it cannot be listed.
inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
    std::error_code wrong;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator entry{folder, wrong}, end; !wrong && entry != end; entry.increment(wrong))
        names.push_back(entry->path().filename().string());
    std::ranges::sort(names);
    return names;
}

inline std::string base_model_of_adapter(const std::filesystem::path& file) {
    try {
        const nlohmann::json config = read_json_object(file);
        const auto base = config.find("base_model_name_or_path");
        if (base != config.end() && base->is_string()) return " of " + shown_name(base->get_ref<const std::string&>());
    } catch (const error&) {  // an unreadable one is an adapter all the same
    }
    return "";
}

/// Of a folder without config.json: what it is, if we know. Otherwise nothing.
inline std::optional<std::string> other_folder(const std::filesystem::path& folder) {
    const std::string name = folder.string();
    std::error_code none;
    const auto has = [&](const char* inside) { return std::filesystem::exists(folder / inside, none); };
    if (has("adapter_config.json"))
        return name + " holds an adapter" + base_model_of_adapter(folder / "adapter_config.json") +
               " and no model: merge it into its base model (PEFT's merge_and_unload, then save_pretrained) and give "
               "that folder";
    if (has("state.json") && has("tensors.bin"))
        return name + " is a checkpoint of a run, not a model: examples/run export --checkpoint " + name +
               " --out FOLDER makes a model of it";
    const bool has_steps = std::ranges::any_of(names_in(folder), [](const auto& n) { return n.starts_with("step-"); });
    if (has_steps && folder.has_parent_path())
        return name + " holds the checkpoints of a run, not a model: examples/run export --run " +
               folder.parent_path().string() + " --out FOLDER makes one of the newest";
    if (has("model/config.json") && (has("metrics.jsonl") || has("checkpoints")))
        return name + " is the folder of a run; the model it trained is " + name + "/model";
    if (has("metrics.jsonl") || has("checkpoints"))
        return name + " is the folder of a run that wrote no model yet: examples/run export --run " + name +
               " --out FOLDER makes one of its newest checkpoint";
    if (has("snapshots"))
        for (const std::string& one : names_in(folder / "snapshots"))
            return name + " is a folder of the hub's cache: give the one in it, " + name + "/snapshots/" + one;
    for (const std::string& one : names_in(folder))
        if (one.ends_with(".gguf"))
            return name + " holds GGUF files and no config.json: give the file " + name + "/" + one;
    return std::nullopt;
}

/// A path at which there is nothing.
inline std::string nothing_at(const std::filesystem::path& path) {
    const std::string name = path.string();
    const bool like_an_id = !path.is_absolute() && !name.starts_with('.') && std::ranges::count(name, '/') == 1;
    return "there is no model at " + shown_name(name) +
           (like_an_id ? ": a model of a hub is not downloaded here; fetch it (hf download " + name +
                             " --local-dir FOLDER) and give its folder"
                       : "");
}

/// A file that is not GGUF by its name.
inline std::optional<std::string> other_file(const std::filesystem::path& file) {
    const std::string extension = file.extension().string();
    if (extension == ".safetensors" || extension == ".json")
        return file.string() + " is one file of a model: give the folder that it is in";
    if (extension == ".bin" || extension == ".pt" || extension == ".pth")
        return file.string() +
               " is a pickle, which can run code when it is read, and is not supported: give a folder "
               "with safetensors, or a GGUF file";
    return std::nullopt;
}

/// A folder with config.json and no safetensors.
inline std::string no_weights_in(const std::filesystem::path& folder) {
    std::error_code none;
    for (const char* pickle : {"pytorch_model.bin", "pytorch_model.bin.index.json"})
        if (std::filesystem::exists(folder / pickle, none))
            return folder.string() + " has its weights in " + pickle +
                   " alone, a pickle, which can run code when it is read, and is not supported: write safetensors "
                   "with transformers (from_pretrained, then save_pretrained)";
    return folder.string() + " has neither model.safetensors nor model.safetensors.index.json";
}

}  // namespace aha::detail
