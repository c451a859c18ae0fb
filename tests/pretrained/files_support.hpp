#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <aha/core/error.hpp>

/// Shared by the tests of pretrained.
namespace files_support {

inline std::filesystem::path golden(const std::string& name) {
    return std::filesystem::path{AHA_TEST_DATA} / "model" / "data" / "files" / name;
}

inline std::string read(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

inline std::filesystem::path write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream{path, std::ios::binary} << text;
    return path;
}

/// A folder that goes when the test does.
struct temporary_folder {
    temporary_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "aha-files-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
};

/// The bytes of a number as files have them.
template <class T>
std::string raw(T value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

/// What `action` says when it fails on purpose, or "no error". Any other exception ends the test.
template <class Action>
std::string error_of(Action action) {
    try {
        action();
    } catch (const aha::error& wrong) {
        return wrong.what();
    }
    return "no error";
}

}  // namespace files_support
