#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <aha/data/shards.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha {

AHA_INLINE std::vector<std::filesystem::path> jsonl_shards(const std::filesystem::path& path) {
    namespace fs = std::filesystem;
    std::error_code problem;
    std::vector<fs::path> shards;
    if (fs::is_directory(path, problem)) {
        const auto wanted = [](std::string_view name) {
            if (name.starts_with('.')) return false;
            for (const std::string_view packed : {".gz", ".zst"})
                if (name.ends_with(packed)) name.remove_suffix(packed.size());
            return name.ends_with(".jsonl") || name.ends_with(".ndjson") || name.ends_with(".json");
        };
        fs::directory_iterator entry{path, problem};
        for (; !problem && entry != fs::directory_iterator{}; entry.increment(problem)) {
            std::error_code unknown;
            if (wanted(entry->path().filename().string()) && entry->is_regular_file(unknown))
                shards.push_back(entry->path());
        }
        require(!problem, "cannot read the folder ", path, ": ", problem.message());
        require(!shards.empty(), path,
                " is a folder without files of JSON lines (*.jsonl, *.ndjson, *.json, each also .gz or .zst)");
    } else if (!fs::exists(path, problem) && path.string().find_first_of("*?[") != std::string::npos) {
        glob_t found{};
        const std::unique_ptr<glob_t, void (*)(glob_t*)> free_at_end{&found, &::globfree};
        ::glob(path.c_str(), GLOB_NOSORT, nullptr, &found);
        for (std::size_t i = 0; i < found.gl_pathc; ++i)
            if (!fs::is_directory(found.gl_pathv[i], problem)) shards.emplace_back(found.gl_pathv[i]);
        require(!shards.empty(), "no file matches ", path);
    } else {
        return {path};
    }
    std::sort(shards.begin(), shards.end(),
              [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
    return shards;
}

}  // namespace aha
