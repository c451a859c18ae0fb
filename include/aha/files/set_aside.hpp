#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <cstdio>

#include <aha/core/error.hpp>

namespace aha::detail {

/// Renames a file or folder of an earlier run to NAME.replaced-1, or the first such name that is free, and gives that
/// name: a new run in the same folder destroys nothing. Throws `aha::error` with the system's reason.
inline std::filesystem::path set_aside(const std::filesystem::path& path) {
    for (int attempt = 1;; ++attempt) {
        std::filesystem::path aside = path;
        aside += ".replaced-" + std::to_string(attempt);
        if (std::filesystem::exists(std::filesystem::symlink_status(aside))) continue;
        require(::rename(path.c_str(), aside.c_str()) == 0, "cannot rename ", path, " to ", aside, ": ",
                std::strerror(errno));
        return aside;
    }
}

}  // namespace aha::detail
