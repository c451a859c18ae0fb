#pragma once

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

#include <aha/core/error.hpp>

namespace aha {

namespace detail {

/// Makes a rename in `folder` survive a power cut. Some file systems cannot do it for folders; then nothing is lost by
/// trying.
inline void sync_folder(const std::filesystem::path& folder) {
    const int handle = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return;
    ::fsync(handle);
    ::close(handle);
}

/// A name beside `path` that no other process uses: "NAME.partial-<pid>-<attempt>".
inline std::filesystem::path name_beside(const std::filesystem::path& path, int attempt) {
    std::filesystem::path beside = path;
    beside += ".partial-" + std::to_string(::getpid()) + "-" + std::to_string(attempt);
    return beside;
}

}  // namespace detail

/// A file that appears under its name whole or not at all: written beside, flushed to the disk, renamed by `commit`.
/// Without `commit` (an exception, an early return) the old file stays as it was and the new one is removed.
class atomic_file {
public:
    /// Starts writing what will become `path`. Throws `aha::error` if the folder is missing or not writable.
    explicit atomic_file(std::filesystem::path path) : path_{std::move(path)} {
        require(path_.has_filename(), "cannot write ", path_, ": it names no file");
        for (int attempt = 0; handle_ < 0; ++attempt) {
            beside_ = detail::name_beside(path_, attempt);
            handle_ = ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
            require(handle_ >= 0 || (errno == EEXIST && attempt < 1000), "cannot write ", path_, ": ",
                    std::strerror(errno));
        }
    }

    atomic_file(const atomic_file&) = delete;
    atomic_file& operator=(const atomic_file&) = delete;
    ~atomic_file() { discard(); }

    /// Appends bytes. Throws `aha::error` with the path and the system's reason (a full disk, say).
    void write(std::span<const std::byte> bytes) {
        require(handle_ >= 0, "cannot write ", path_, ": it is already finished");
        while (!bytes.empty()) {
            const ssize_t written = ::write(handle_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) give_up("cannot write ", errno);
            bytes = bytes.subspan(static_cast<std::size_t>(written));
            size_ += static_cast<std::size_t>(written);
        }
    }
    /// Appends to the file that is not there yet.
    void write(std::string_view text) { write(std::as_bytes(std::span{text})); }

    std::size_t size() const { return size_; }  ///< bytes written so far

    /// Flushes and renames. After an error the old file is still there and the new one is gone.
    void commit() {
        require(handle_ >= 0, "cannot finish ", path_, ": it is already finished");
        if (::fsync(handle_) != 0) give_up("cannot flush ", errno);
        if (::close(std::exchange(handle_, -1)) != 0) give_up("cannot close ", errno);
        if (::rename(beside_.c_str(), path_.c_str()) != 0) give_up("cannot replace ", errno);
        beside_.clear();
        detail::sync_folder(path_.parent_path());
    }

private:
    [[noreturn]] void give_up(std::string_view what, int reason) {
        discard();
        fail(what, path_, ": ", std::strerror(reason));
    }
    void discard() noexcept {
        if (handle_ >= 0) ::close(std::exchange(handle_, -1));
        if (!beside_.empty()) ::unlink(beside_.c_str());
        beside_.clear();
    }

    std::filesystem::path path_, beside_;
    int handle_ = -1;
    std::size_t size_ = 0;
};

/// Puts `text` into `path`, whole or not at all.
inline void write_atomically(const std::filesystem::path& path, std::string_view text) {
    atomic_file file{path};
    file.write(text);
    file.commit();
}

}  // namespace aha
