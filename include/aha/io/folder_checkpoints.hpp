#pragma once

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/state.hpp>
#include <aha/io/folder_lock.hpp>

namespace aha {

/// How many checkpoints stay.
struct folder_checkpoints_options {
    std::int64_t keep = 2;  ///< the newest so many; older ones are removed after a newer one is safe

    void validate() const;
};

/// A checkpoint store: folders FOLDER/step-000040/ with `state.json` (the values, for people too) and `tensors.bin`
/// (see tensor_file.hpp; it also holds the checksum of `state.json`). Each appears whole or not at all, before older
/// ones go.
///
/// - A damaged newest checkpoint is an error that names the file and, if there is an older one, how to go on from that:
///   going back by itself would hide the loss.
/// - Checkpoints with a greater step than the one being saved are another run's, begun before in this folder. They are
///   renamed step-000100.replaced-1, so that they are neither lost nor taken for this run's; `run_training` has all of
///   them renamed when it begins anew.
/// - What killed runs left half-written is removed by the next save.
/// - Two runs in one folder would take each other's checkpoints for those of an earlier run: see `hold`.
class folder_checkpoints {
public:
    /// Nothing is made before `hold` or the first `save`. Throws `aha::error` if `keep` is not positive.
    explicit folder_checkpoints(std::filesystem::path folder, folder_checkpoints_options options = {});

    /// Makes the folder and keeps other runs from saving in it, those of other processes and of this one, while what is
    /// given lives; a killed process leaves none of it. `run_training` holds its store so; a loop of one's own that
    /// saves does well to do so too. Throws `aha::error` with the folder and the process that has it, if one does.
    [[nodiscard]] std::shared_ptr<const folder_lock> hold();

    /// Keeps `whole` under `step`. Throws `aha::error`, and leaves the checkpoints as they were, for a full disk, a
    /// folder that cannot be written or that another run holds, a tensor of a type that `tensor_file` lacks, or a value
    /// that JSON lacks (NaN).
    void save(std::int64_t step, const state& whole);

    /// Keeps `whole`, the best state of the run so far, as FOLDER/best-000040/ in place of the one before. What `save`
    /// throws, and the best before is left.
    void save_best(std::int64_t step, const state& whole);

    /// The best state that was kept, as `load_latest` gives one.
    std::optional<std::pair<std::int64_t, state>> load_best() const;

    /// Renames what is here step-000100.replaced-1, as a run that begins anew does before it saves first.
    void set_aside_earlier() const;

    /// The newest checkpoint, its tensors as copies on the CPU, or nothing if there is none. Throws `aha::error` naming
    /// the file at fault if it is damaged.
    std::optional<std::pair<std::int64_t, state>> load_latest() const;

    /// The step of the newest checkpoint, if there is one.
    std::optional<std::int64_t> latest_step() const;

    /// The checkpoint whose folder has this name, as `load_latest` gives it. Throws `aha::error` if there is none, or
    /// naming the file at fault if it is damaged.
    state load(const std::string& name) const;

    /// Where the checkpoints are.
    const std::filesystem::path& folder() const { return folder_; }

private:
    /// Writes a checkpoint's folder.
    void write(const std::string& name, std::int64_t step, const state& whole);

    static std::string name_of(std::int64_t step, const std::string& kind = "step-");

    /// `whole.values` as text that gives them back exactly.
    std::string values_of(const std::string& name, std::int64_t step, const state& whole) const;

    state read(std::int64_t step, const std::filesystem::path& folder) const;

    /// The finished checkpoints of a kind by step.
    std::map<std::int64_t, std::filesystem::path> checkpoints(const std::string& kind = "step-") const;

    /// Removes step-...partial-<pid>-<n> of processes that are no more, and of this one, which has none under way.
    void remove_leftovers() const;

    template <class Visit>
    void for_each_entry(const Visit& visit) const {
        std::error_code wrong;
        const std::filesystem::file_status status = std::filesystem::status(folder_, wrong);
        if (!std::filesystem::exists(status)) return;
        require(std::filesystem::is_directory(status), folder_, " is no folder: checkpoints cannot be kept in it");
        std::filesystem::directory_iterator entries{folder_, wrong};
        require(!wrong, "cannot list the checkpoints in ", folder_, ": ", wrong.message());
        std::vector<std::filesystem::path> paths;
        for (; entries != std::filesystem::directory_iterator{}; entries.increment(wrong)) {
            paths.push_back(entries->path());
            require(!wrong, "cannot list the checkpoints in ", folder_, ": ", wrong.message());
        }
        for (const std::filesystem::path& path : paths) visit(path);
    }

    /// What cannot be removed now is tried again at the next save.
    static void remove(const std::filesystem::path& path);

    std::filesystem::path folder_;
    folder_checkpoints_options options_;
    std::weak_ptr<const folder_lock> held_;  // by this store
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/io/folder_checkpoints.ipp>
#endif
