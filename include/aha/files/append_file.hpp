#pragma once

#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace aha::detail {

/// A file that grows by whole records: each `append` reaches the system at once, so that a reader sees it and a kill
/// does not lose it, and a record that does not fit (a full disk) is taken back. Move-only.
class append_file {
public:
    /// Opens `path`, or makes it. Throws `aha::error` with the system's reason.
    /// @param only_new throw if it is already there
    explicit append_file(std::filesystem::path path, bool only_new = false);

    append_file(append_file&& other) noexcept
        : path_{std::move(other.path_)}, handle_{std::exchange(other.handle_, -1)} {}
    append_file& operator=(append_file&& other) noexcept;
    append_file(const append_file&) = delete;
    append_file& operator=(const append_file&) = delete;
    ~append_file();

    /// Appends all of `record`. Throws `aha::error` naming the file; it then ends where it did before.
    void append(std::string_view record);

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    int handle_ = -1;
};

}  // namespace aha::detail

#ifndef AHA_COMPILED
#include <aha/files/append_file.ipp>
#endif
