#pragma once

#include <cstddef>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <span>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace aha {

/// A file's bytes, mapped into memory for reading: nothing is read before it is looked at. Move-only; share one through
/// `map_file`. The file must not shrink while it is mapped (replacing it by a rename is fine).
class mapped_file {
public:
    /// Maps `path`. Throws `aha::error` naming it if it is missing, not readable, a folder, not a regular file, or
    /// empty.
    explicit mapped_file(std::filesystem::path path);

    /// Takes over the mapping.
    mapped_file(mapped_file&& other) noexcept
        : path_{std::move(other.path_)}, bytes_{std::exchange(other.bytes_, {})} {}
    mapped_file& operator=(mapped_file&& other) noexcept;
    mapped_file(const mapped_file&) = delete;
    mapped_file& operator=(const mapped_file&) = delete;
    ~mapped_file();

    std::span<const std::byte> bytes() const { return bytes_; }  ///< the whole file; writing to it is a fault
    /// The file.
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    std::span<const std::byte> bytes_;
};

/// A mapping that tensors, readers and the like may share: it lives as long as the last of them.
std::shared_ptr<const mapped_file> map_file(const std::filesystem::path& path);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/files/mapped_file.ipp>
#endif
