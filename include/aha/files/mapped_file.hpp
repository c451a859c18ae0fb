#pragma once

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <span>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <aha/core/error.hpp>

namespace aha {

/// A file's bytes, mapped into memory for reading: nothing is read before it is looked at. Move-only; share one through
/// `map_file`. The file must not shrink while it is mapped (replacing it by a rename is fine).
class mapped_file {
public:
    /// Maps `path`. Throws `aha::error` naming it if it is missing, not readable, a folder, not a regular file, or
    /// empty.
    explicit mapped_file(std::filesystem::path path) : path_{std::move(path)} {
        // Non-blocking, so that a named pipe gets the sentence below instead of waiting for a writer.
        const int handle = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        require(handle >= 0, "cannot open ", path_, ": ", std::strerror(errno));
        struct closer {
            int handle;
            ~closer() { ::close(handle); }
        } const close_at_end{handle};
        struct stat facts = {};
        require(::fstat(handle, &facts) == 0, "cannot read the size of ", path_, ": ", std::strerror(errno));
        require(!S_ISDIR(facts.st_mode), path_, " is a folder, not a file");
        require(S_ISREG(facts.st_mode), path_, " is not a regular file");
        require(facts.st_size > 0, path_, " is empty");
        void* const start = ::mmap(nullptr, static_cast<std::size_t>(facts.st_size), PROT_READ, MAP_PRIVATE, handle, 0);
        require(start != MAP_FAILED, "cannot map ", path_, " into memory: ", std::strerror(errno));
        bytes_ = {static_cast<const std::byte*>(start), static_cast<std::size_t>(facts.st_size)};
    }

    /// Takes over the mapping.
    mapped_file(mapped_file&& other) noexcept
        : path_{std::move(other.path_)}, bytes_{std::exchange(other.bytes_, {})} {}
    mapped_file& operator=(mapped_file&& other) noexcept {
        std::swap(path_, other.path_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    mapped_file(const mapped_file&) = delete;
    mapped_file& operator=(const mapped_file&) = delete;
    ~mapped_file() {
        if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
    }

    std::span<const std::byte> bytes() const { return bytes_; }  ///< the whole file; writing to it is a fault
    /// The file.
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
    std::span<const std::byte> bytes_;
};

/// A mapping that tensors, readers and the like may share: it lives as long as the last of them.
inline std::shared_ptr<const mapped_file> map_file(const std::filesystem::path& path) {
    return std::make_shared<const mapped_file>(path);
}

}  // namespace aha
