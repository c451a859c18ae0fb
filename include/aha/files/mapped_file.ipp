#pragma once

#include <cerrno>
#include <cstring>

#include <aha/files/mapped_file.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha {

AHA_INLINE mapped_file::mapped_file(std::filesystem::path path) : path_{std::move(path)} {
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

AHA_INLINE mapped_file& mapped_file::operator=(mapped_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

AHA_INLINE mapped_file::~mapped_file() {
    if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

AHA_INLINE std::shared_ptr<const mapped_file> map_file(const std::filesystem::path& path) {
    return std::make_shared<const mapped_file>(path);
}

}  // namespace aha
