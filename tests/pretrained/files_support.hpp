#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>

/// Shared by the tests of pretrained.
namespace files_support {

using aha::test::complaint;
using aha::test::made_folder;
using aha::test::text_of;
using aha::test::write;

inline std::filesystem::path golden(const std::string& name) {
    return std::filesystem::path{AHA_TEST_DATA} / "model" / "data" / "files" / name;
}

/// The bytes of a number as files have them.
template <class T>
std::string raw(T value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

}  // namespace files_support
