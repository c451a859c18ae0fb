#pragma once

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <aha/files/atomic_file.hpp>
#include <aha/files/atomic_folder.hpp>
#include <aha/core/error.hpp>
#include <aha/files/mapped_file.hpp>
#include <aha/core/state.hpp>
#include <aha/files/crc32c.hpp>
#include <aha/io/folder_lock.hpp>
#include <aha/files/set_aside.hpp>
#include <aha/files/tensor_file.hpp>

namespace aha {

/// How many checkpoints stay.
struct folder_checkpoints_options {
    std::int64_t keep = 2;  ///< the newest so many; older ones are removed after a newer one is safe

    void validate() const { require(keep > 0, "keep must be at least 1 checkpoint, not ", keep); }
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
    explicit folder_checkpoints(std::filesystem::path folder, folder_checkpoints_options options = {})
        : folder_{std::move(folder)}, options_{options} {
        options_.validate();
    }

    /// Makes the folder and keeps other runs from saving in it, those of other processes and of this one, while what is
    /// given lives; a killed process leaves none of it. `run_training` holds its store so; a loop of one's own that
    /// saves does well to do so too. Throws `aha::error` with the folder and the process that has it, if one does.
    [[nodiscard]] std::shared_ptr<const folder_lock> hold() {
        auto lock = std::make_shared<const folder_lock>(folder_);
        held_ = lock;
        return lock;
    }

    /// Keeps `whole` under `step`. Throws `aha::error`, and leaves the checkpoints as they were, for a full disk, a
    /// folder that cannot be written or that another run holds, a tensor of a type that `tensor_file` lacks, or a value
    /// that JSON lacks (NaN).
    void save(std::int64_t step, const state& whole) {
        write(name_of(step), step, whole);
        std::int64_t kept = 0;
        const auto all = checkpoints();
        for (auto c = all.rbegin(); c != all.rend(); ++c) {
            if (c->first > step) detail::set_aside(c->second);
            else if (++kept > options_.keep) remove(c->second);
        }
    }

    /// Keeps `whole`, the best state of the run so far, as FOLDER/best-000040/ in place of the one before. What `save`
    /// throws, and the best before is left.
    void save_best(std::int64_t step, const state& whole) {
        write(name_of(step, "best-"), step, whole);
        for (const auto& [older, path] : checkpoints("best-"))
            if (older != step) remove(path);
    }

    /// The best state that was kept, as `load_latest` gives one.
    std::optional<std::pair<std::int64_t, state>> load_best() const {
        const auto all = checkpoints("best-");
        if (all.empty()) return std::nullopt;
        return std::pair{all.rbegin()->first, read(all.rbegin()->first, all.rbegin()->second)};
    }

    /// Renames what is here step-000100.replaced-1, as a run that begins anew does before it saves first.
    void set_aside_earlier() const {
        if (held_.expired()) folder_lock::check(folder_);
        for (const char* const kind : {"step-", "best-"})
            for (const auto& [step, path] : checkpoints(kind)) detail::set_aside(path);
    }

    /// The newest checkpoint, its tensors as copies on the CPU, or nothing if there is none. Throws `aha::error` naming
    /// the file at fault if it is damaged.
    std::optional<std::pair<std::int64_t, state>> load_latest() const {
        const auto all = checkpoints();
        if (all.empty()) return std::nullopt;
        const auto& [step, folder] = *all.rbegin();
        try {
            return std::pair{step, read(step, folder)};
        } catch (const error& wrong) {
            if (all.size() == 1) throw;
            fail(wrong.what(), "; to go on from step ", std::next(all.rbegin())->first, " remove ", folder);
        }
    }

    /// The step of the newest checkpoint, if there is one.
    std::optional<std::int64_t> latest_step() const {
        const auto all = checkpoints();
        return all.empty() ? std::nullopt : std::optional{all.rbegin()->first};
    }

    /// The checkpoint whose folder has this name, as `load_latest` gives it. Throws `aha::error` if there is none, or
    /// naming the file at fault if it is damaged.
    state load(const std::string& name) const {
        const auto all = checkpoints(name.starts_with("best-") ? "best-" : "step-");
        const auto found = std::ranges::find_if(all, [&](const auto& one) { return one.second.filename() == name; });
        require(found != all.end(), "there is no checkpoint ", name, " in ", folder_);
        return read(found->first, found->second);
    }

    /// Where the checkpoints are.
    const std::filesystem::path& folder() const { return folder_; }

private:
    /// Writes a checkpoint's folder.
    void write(const std::string& name, std::int64_t step, const state& whole) {
        require(step >= 0, "a checkpoint's step must be 0 or more, not ", step);
        const std::string values = values_of(name, step, whole);
        if (held_.expired()) folder_lock::check(folder_);
        remove_leftovers();
        {
            atomic_folder folder{folder_ / name};
            write_atomically(folder.workplace() / "state.json", values);
            detail::write_tensor_file(folder.workplace() / "tensors.bin", whole.tensors,
                                      {{"state.json", crc32c(values)}});
            folder.commit();
        }
    }

    static std::string name_of(std::int64_t step, const std::string& kind = "step-") {
        const std::string digits = std::to_string(step);
        return kind + std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits;
    }

    /// `whole.values` as text that gives them back exactly.
    std::string values_of(const std::string& name, std::int64_t step, const state& whole) const {
        const nlohmann::json all = {{"format", "aha checkpoint 1"}, {"step", step}, {"values", whole.values}};
        try {
            std::string text = all.dump(1);
            if (nlohmann::json::parse(text) == all) return text + '\n';
        } catch (const nlohmann::json::exception&) {  // a text that is not UTF-8
        }
        fail("cannot write the checkpoint ", folder_ / name,
             ": a value of the state (NaN, an infinity, text that is not UTF-8) cannot be written as JSON");
    }

    state read(std::int64_t step, const std::filesystem::path& folder) const {
        const std::filesystem::path values = folder / "state.json", tensors = folder / "tensors.bin";
        const mapped_file file{values};
        const std::string_view text{reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
        const detail::tensor_file data{tensors};
        require(data.index().value("state.json", nlohmann::json{}) == crc32c(text), values,
                " is damaged or was changed: its checksum is not the one in tensors.bin");
        const nlohmann::json all = nlohmann::json::parse(text, nullptr, false);
        require(all.is_object() && all.contains("values") && all.value("format", "") == "aha checkpoint 1", values,
                " is not the state of a checkpoint that this version can read");
        require(all.value("step", std::int64_t{-1}) == step, values, " is that of another step than its folder says");
        state whole;
        whole.tensors = data.tensors();
        whole.values = all["values"];
        return whole;
    }

    /// The finished checkpoints of a kind by step.
    std::map<std::int64_t, std::filesystem::path> checkpoints(const std::string& kind = "step-") const {
        std::map<std::int64_t, std::filesystem::path> found;
        for_each_entry([&](const std::filesystem::path& path) {
            const std::string name = path.filename().string();
            std::int64_t step = -1;
            if (!name.starts_with(kind)) return;
            const auto [end, wrong] = std::from_chars(name.data() + kind.size(), name.data() + name.size(), step);
            if (wrong == std::errc{} && step >= 0 && name == name_of(step, kind)) found[step] = path;
        });
        return found;
    }

    /// Removes step-...partial-<pid>-<n> of processes that are no more, and of this one, which has none under way.
    void remove_leftovers() const {
        for_each_entry([](const std::filesystem::path& path) {
            const std::string name = path.filename().string();
            const std::size_t at = name.find(".partial-");
            if (!(name.starts_with("step-") || name.starts_with("best-")) || at == std::string::npos) return;
            long writer = 0;
            std::from_chars(name.data() + at + 9, name.data() + name.size(), writer);
            if (writer <= 0) return;
            const bool gone = ::kill(static_cast<pid_t>(writer), 0) != 0 && errno == ESRCH;
            if (gone || writer == ::getpid()) remove(path);
        });
    }

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
    static void remove(const std::filesystem::path& path) {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    std::filesystem::path folder_;
    folder_checkpoints_options options_;
    std::weak_ptr<const folder_lock> held_;  // by this store
};

}  // namespace aha
