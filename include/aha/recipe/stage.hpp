#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <aha/files/atomic_file.hpp>
#include <aha/core/error.hpp>
#include <aha/files/crc32c.hpp>
#include <aha/version.hpp>

namespace aha {

/// A stage of a chain: the folder that it writes, and `manifest.json` in it, which says what the stage was made of
/// (inputs, options, seeds) and what came out (figures). The manifest is written last, so a stage is done when it has
/// one; until then it is run, or gone on with from its checkpoints. Asked again with other inputs or options, a stage
/// that is done is an error, not silently kept.
///
/// Files: `manifest.json`, `model/` (a Hugging Face folder, unless the stage makes data), `checkpoints/` while it runs.
class stage {
public:
    /// @param chain folder of all stages; the stage's own is `chain / name`, made here
    /// @param inputs by name: what the stage reads. Of a file, or of another stage's folder with its manifest, a
    /// checksum is kept, so that a stage made of something else since is noticed.
    /// @param options of the stage, seeds included
    stage(const std::filesystem::path& chain, std::string name,
          const std::map<std::string, std::filesystem::path>& inputs, nlohmann::json options)
        : folder_{chain / name}, name_{std::move(name)}, options_(std::move(options)) {
        for (const auto& [what, path] : inputs) inputs_[what] = {{"path", path.string()}, {"crc32c", checksum(path)}};
        std::error_code problem;
        std::filesystem::create_directories(folder_, problem);
        require(!problem, "cannot make the folder ", folder_, " of the stage ", name_, ": ", problem.message());
    }

    /// Its name, which is its folder's.
    const std::string& name() const { return name_; }
    /// Where it works.
    const std::filesystem::path& folder() const { return folder_; }
    /// Where it leaves its model.
    std::filesystem::path model() const { return folder_ / "model"; }
    /// Where it leaves its checkpoints.
    std::filesystem::path checkpoints() const { return folder_ / "checkpoints"; }

    /// Its options, seeds included.
    const nlohmann::json& options() const { return options_; }

    /// Whether the stage was finished. Throws `aha::error` if it was, but of other inputs or options, or if its
    /// manifest is damaged.
    bool done() const {
        if (!std::filesystem::exists(manifest_path())) return false;
        const nlohmann::json manifest = read();
        for (const auto& [what, mine, its] : {std::tuple{"inputs", inputs_, manifest.at("inputs")},
                                              std::tuple{"options", options_, manifest.at("options")}}) {
            const std::string change = difference(mine, its);
            require(change.empty(), "the stage ", name_, " in ", folder_, " was made with other ", what, " (", change,
                    "); give another folder, or delete this one to make it again");
        }
        return true;
    }

    /// What `finish` was given.
    nlohmann::json figures() const { return read().at("figures"); }

    /// Marks the stage as done, and removes the checkpoints that nothing needs any more.
    void finish(const nlohmann::json& figures) const {
        const nlohmann::ordered_json manifest = {{"stage", name_},
                                                 {"aha", std::string{version_string}},
                                                 {"inputs", inputs_},
                                                 {"options", options_},
                                                 {"figures", figures}};
        write_atomically(manifest_path(),
                         manifest.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n');
        std::error_code ignored;
        std::filesystem::remove_all(checkpoints(), ignored);
    }

private:
    std::filesystem::path manifest_path() const { return folder_ / "manifest.json"; }

    nlohmann::json read() const {
        std::ifstream in{manifest_path(), std::ios::binary};
        nlohmann::json manifest = nlohmann::json::parse(in, nullptr, false);
        require(manifest.is_object() && manifest.contains("inputs") && manifest.contains("options") &&
                    manifest.contains("figures"),
                manifest_path(), " is damaged; delete it to run the stage ", name_, " again");
        return manifest;
    }

    /// Of a file's bytes, or of the manifest that belongs to a model folder; null for anything else (a name).
    static nlohmann::json checksum(const std::filesystem::path& path) {
        std::filesystem::path file = path;
        if (std::filesystem::is_directory(path))
            file = std::filesystem::exists(path / "manifest.json") ? path / "manifest.json"
                                                                   : path.parent_path() / "manifest.json";
        if (!std::filesystem::is_regular_file(file) || std::filesystem::file_size(file) > (std::size_t{64} << 20))
            return nullptr;
        std::ifstream in{file, std::ios::binary};
        return crc32c(std::string{std::istreambuf_iterator<char>{in}, {}});
    }

    /// An input with a checksum is the same wherever it is now.
    static nlohmann::json essence(nlohmann::json value) {
        if (value.is_object() && value.contains("path") && !value["crc32c"].is_null()) value.erase("path");
        return value;
    }

    /// The first key under which two objects differ, and how; empty if they do not.
    static std::string difference(const nlohmann::json& mine, const nlohmann::json& its) {
        if (!mine.is_object() || !its.is_object())
            return mine == its ? "" : its.dump() + " then, " + mine.dump() + " now";
        for (const auto& [key, value] : mine.items())
            if (!its.contains(key) || essence(its[key]) != essence(value))
                return key + ": " + (its.contains(key) ? its[key].dump() : "none") + " then, " + value.dump() + " now";
        for (const auto& [key, value] : its.items())
            if (!mine.contains(key)) return key + ": " + value.dump() + " then, none now";
        return "";
    }

    std::filesystem::path folder_;
    std::string name_;
    nlohmann::json inputs_ = nlohmann::json::object(), options_;
};

}  // namespace aha
