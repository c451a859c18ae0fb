#pragma once

#include <cstdlib>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <tests/support/text_files.hpp>

namespace aha::test {

/// A folder of its own for a test, removed with what is in it. A process that is killed removes nothing: a test that
/// starts one makes the folder itself.
class made_folder {
public:
    made_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "aha-test-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"cannot make the folder " + pattern};
        path_ = pattern;
    }
    ~made_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    made_folder(const made_folder&) = delete;
    made_folder& operator=(const made_folder&) = delete;

    const std::filesystem::path& path() const { return path_; }
    operator const std::filesystem::path&() const { return path_; }
    std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

    /// Writes a file, whose name may have folders in it.
    std::filesystem::path file(const std::filesystem::path& name, std::string_view content) const {
        return write(path_ / name, content);
    }

    /// What is in it, or in a folder below it.
    std::set<std::string> names(const std::filesystem::path& below = {}) const {
        std::set<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator{path_ / below})
            all.insert(entry.path().filename().string());
        return all;
    }

    /// `text` with this folder's path as "DIR".
    std::string shortened(std::string text) const {
        const std::string mine = path_.string();
        for (std::size_t at = 0; (at = text.find(mine, at)) != std::string::npos;) text.replace(at, mine.size(), "DIR");
        return text;
    }

private:
    std::filesystem::path path_;
};

}  // namespace aha::test
