#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/files/atomic_file.hpp>
#include <aha/core/error.hpp>
#include <aha/dist/rank_environment.hpp>
#include <aha/io/folder_lock.hpp>

#include <examples/support/reasoning_evaluation.hpp>

namespace example {

/// Where a run writes. A run never writes over another one's files, and has the folder to itself while it lasts.
class run_folder {
public:
    /// @param given the folder, or empty for the first free one of runs/NAME, runs/NAME-2, ...
    /// @param resume go on with what is there
    run_folder(std::string given, const std::string& name, bool resume) {
        const aha::rank_environment here = aha::read_rank_environment();
        aha::require(!resume || !given.empty(), "--resume needs --out, the folder of the run to go on with");
        aha::require(here.size == 1 || !given.empty(), "a run of ", here.size,
                     " ranks needs --out, the folder of the run");
        path_ = given;
        resumes_ = resume;
        std::error_code problem;
        if (here.rank > 0 || here.attempt.find_first_not_of("0") != std::string::npos) {
            // The first rank looks whether the folder is free; what a launcher starts again goes on.
            resumes_ = resume || here.attempt.find_first_not_of("0") != std::string::npos;
            std::filesystem::create_directories(path_, problem);
            if (here.rank == 0) lock_.emplace(path_);
            return;
        }
        for (int n = 1; given.empty() && (n == 1 || std::filesystem::exists(path_)); ++n)
            path_ = std::filesystem::path{"runs"} / (n == 1 ? name : name + "-" + std::to_string(n));
        if (std::filesystem::is_directory(path_, problem)) aha::folder_lock::check(path_);
        const bool used = std::filesystem::exists(path_, problem) && !is_empty(path_);
        aha::require(!used || std::filesystem::is_directory(path_, problem), path_, " is not a folder");
        aha::require(used || !resume, "there is no run in ", path_, " to go on with; leave out --resume to begin one");
        aha::require(!used || resume, path_, " already holds files; go on with --resume, or give another --out");
        std::filesystem::create_directories(path_, problem);
        aha::require(!problem, "cannot make the folder ", path_, ": ", problem.message());
        lock_.emplace(path_);
    }

    const std::filesystem::path& path() const { return path_; }
    /// Whether it goes on with what is there: asked for, or started again by a launcher.
    bool resumes() const { return resumes_; }

    /// Notes which model the run begins with, a path or a name, and with which chat template if that is not the
    /// model's own: what makes a model of its checkpoints asks for them.
    void remember_model(const std::string& model, const std::optional<std::string>& chat_template = {}) const {
        if (!aha::is_first_rank()) return;
        const bool is_path = std::filesystem::exists(model);
        nlohmann::json noted = {{"model", is_path ? std::filesystem::absolute(model).string() : model}};
        if (chat_template) noted["chat_template"] = *chat_template;
        aha::write_atomically(path_ / "run.json",
                              noted.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
    }

    /// What the run in `folder` noted by `remember_model`: "model", perhaps "chat_template". Null if it noted nothing.
    static nlohmann::json remembered(const std::filesystem::path& folder) {
        std::ifstream in{folder / "run.json"};
        if (!in) return nullptr;
        const auto noted = nlohmann::json::parse(in, nullptr, false);
        aha::require(noted.is_object() && noted.contains("model") && noted["model"].is_string(), folder / "run.json",
                     " is damaged; delete it, and say by --model what the run began with");
        return noted;
    }

    /// What `measure()` returns, measured once a run: read back from `file` when the run is resumed.
    template <class Measure>
    std::vector<evaluation> remember(const std::string& file, Measure measure) const {
        std::vector<evaluation> all;
        if (std::ifstream in{path_ / file}) {
            const auto saved = nlohmann::json::parse(in, nullptr, false);
            aha::require(saved.is_array(), path_ / file, " is damaged; delete it to measure again");
            for (const nlohmann::json& one : saved) all.push_back(evaluation::from_json(one));
            return all;
        }
        all = measure();
        nlohmann::json saved = nlohmann::json::array();
        for (const evaluation& one : all) saved.push_back(one.to_json());
        if (!aha::is_first_rank()) return all;
        aha::write_atomically(path_ / file,
                              saved.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n');
        return all;
    }

private:
    /// Whether it is a folder in which nothing is but the lock of a program that came to nothing.
    static bool is_empty(const std::filesystem::path& folder) {
        if (!std::filesystem::is_directory(folder)) return false;
        for (const auto& entry : std::filesystem::directory_iterator{folder})
            if (entry.path().filename() != aha::folder_lock::file_name) return false;
        return true;
    }

    std::filesystem::path path_;
    std::optional<aha::folder_lock> lock_;  // of the first rank
    bool resumes_ = false;
};

}  // namespace example
