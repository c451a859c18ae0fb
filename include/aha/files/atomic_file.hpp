#pragma once

#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <span>
#include <string_view>
#include <unistd.h>

namespace aha {

namespace detail {

/// Makes a rename in `folder` survive a power cut. Some file systems cannot do it for folders; then nothing is lost by
/// trying.
void sync_folder(const std::filesystem::path& folder);

/// A name beside `path` that no other process uses: "NAME.partial-<pid>-<attempt>".
std::filesystem::path name_beside(const std::filesystem::path& path, int attempt);

}  // namespace detail

/// A file that appears under its name whole or not at all: written beside, flushed to the disk, renamed by `commit`.
/// Without `commit` (an exception, an early return) the old file stays as it was and the new one is removed.
class atomic_file {
public:
    /// Starts writing what will become `path`. Throws `aha::error` if the folder is missing or not writable.
    explicit atomic_file(std::filesystem::path path);

    atomic_file(const atomic_file&) = delete;
    atomic_file& operator=(const atomic_file&) = delete;
    ~atomic_file() { discard(); }

    /// Appends bytes. Throws `aha::error` with the path and the system's reason (a full disk, say).
    void write(std::span<const std::byte> bytes);
    /// Appends to the file that is not there yet.
    void write(std::string_view text) { write(std::as_bytes(std::span{text})); }

    std::size_t size() const { return size_; }  ///< bytes written so far

    /// Flushes and renames. After an error the old file is still there and the new one is gone.
    void commit();

private:
    [[noreturn]] void give_up(std::string_view what, int reason);
    void discard() noexcept;

    std::filesystem::path path_, beside_;
    int handle_ = -1;
    std::size_t size_ = 0;
};

/// Puts `text` into `path`, whole or not at all.
void write_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/files/atomic_file.ipp>
#endif
