#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>

namespace aha::test {

/// A folder of its own for a test, removed with what is in it.
class made_folder {
public:
    made_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "aha-test-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~made_folder() { std::filesystem::remove_all(path_); }
    made_folder(const made_folder&) = delete;
    made_folder& operator=(const made_folder&) = delete;

    const std::filesystem::path& path() const { return path_; }

    /// Writes a file, whose name may have folders in it.
    std::filesystem::path file(const std::string& name, std::string_view content) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream{path_ / name, std::ios::binary} << content;
        return path_ / name;
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
