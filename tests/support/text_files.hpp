#pragma once

#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace aha::test {

/// The bytes of a file, which must be there.
inline std::string text_of(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    if (!in.is_open()) throw std::runtime_error{"cannot read " + file.string()};
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// Writes a file, and the folders above it. @return its path
inline std::filesystem::path write(const std::filesystem::path& file, std::string_view text) {
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path());
    std::ofstream out{file, std::ios::binary};
    if (!(out << text).flush()) throw std::runtime_error{"cannot write " + file.string()};
    return file;
}

}  // namespace aha::test
