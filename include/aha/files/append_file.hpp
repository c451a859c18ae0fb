#pragma once

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <aha/core/error.hpp>

namespace aha::detail {

/// A file that grows by whole records: each `append` reaches the system at once, so that a reader sees it and a kill
/// does not lose it, and a record that does not fit (a full disk) is taken back. Move-only.
class append_file {
public:
    /// Opens `path`, or makes it. Throws `aha::error` with the system's reason.
    /// @param only_new throw if it is already there
    explicit append_file(std::filesystem::path path, bool only_new = false) : path_{std::move(path)} {
        handle_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (only_new ? O_EXCL : 0), 0666);
        require(handle_ >= 0, "cannot write ", path_, ": ", std::strerror(errno));
    }

    append_file(append_file&& other) noexcept
        : path_{std::move(other.path_)}, handle_{std::exchange(other.handle_, -1)} {}
    append_file& operator=(append_file&& other) noexcept {
        std::swap(path_, other.path_);
        std::swap(handle_, other.handle_);
        return *this;
    }
    append_file(const append_file&) = delete;
    append_file& operator=(const append_file&) = delete;
    ~append_file() {
        if (handle_ >= 0) ::close(handle_);
    }

    /// Appends all of `record`. Throws `aha::error` naming the file; it then ends where it did before.
    void append(std::string_view record) {
        struct stat before = {};
        const bool known = ::fstat(handle_, &before) == 0 && S_ISREG(before.st_mode);
        while (!record.empty()) {
            const ssize_t written = ::write(handle_, record.data(), record.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) {
                const int reason = errno;
                const bool whole = known && ::ftruncate(handle_, before.st_size) == 0;
                fail("cannot write ", path_, ": ", std::strerror(reason),
                     whole ? "" : "; its last record is incomplete");
            }
            record.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    int handle_ = -1;
};

}  // namespace aha::detail
