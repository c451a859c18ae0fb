#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

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
          const std::map<std::string, std::filesystem::path>& inputs, nlohmann::json options);

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
    bool done() const;

    /// What `finish` was given.
    nlohmann::json figures() const { return read().at("figures"); }

    /// Marks the stage as done, and removes the checkpoints that nothing needs any more.
    void finish(const nlohmann::json& figures) const;

private:
    std::filesystem::path manifest_path() const { return folder_ / "manifest.json"; }

    nlohmann::json read() const;

    /// Of a file's bytes, or of the manifest that belongs to a model folder; null for anything else (a name).
    static nlohmann::json checksum(const std::filesystem::path& path);

    /// An input with a checksum is the same wherever it is now.
    static nlohmann::json essence(nlohmann::json value);

    /// The first key under which two objects differ, and how; empty if they do not.
    static std::string difference(const nlohmann::json& mine, const nlohmann::json& its);

    std::filesystem::path folder_;
    std::string name_;
    nlohmann::json inputs_ = nlohmann::json::object(), options_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/recipe/stage.ipp>
#endif
