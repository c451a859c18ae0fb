#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <aha/files/atomic_file.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail {

AHA_INLINE void sync_folder(const std::filesystem::path& folder) {
    const int handle = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return;
    ::fsync(handle);
    ::close(handle);
}

AHA_INLINE std::filesystem::path name_beside(const std::filesystem::path& path, int attempt) {
    std::filesystem::path beside = path;
    beside += ".partial-" + std::to_string(::getpid()) + "-" + std::to_string(attempt);
    return beside;
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE atomic_file::atomic_file(std::filesystem::path path) : path_{std::move(path)} {
    require(path_.has_filename(), "cannot write ", path_, ": it names no file");
    for (int attempt = 0; handle_ < 0; ++attempt) {
        beside_ = detail::name_beside(path_, attempt);
        handle_ = ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        require(handle_ >= 0 || (errno == EEXIST && attempt < 1000), "cannot write ", path_, ": ",
                std::strerror(errno));
    }
}

AHA_INLINE void atomic_file::write(std::span<const std::byte> bytes) {
    require(handle_ >= 0, "cannot write ", path_, ": it is already finished");
    while (!bytes.empty()) {
        const ssize_t written = ::write(handle_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) give_up("cannot write ", errno);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        size_ += static_cast<std::size_t>(written);
    }
}

AHA_INLINE void atomic_file::commit() {
    require(handle_ >= 0, "cannot finish ", path_, ": it is already finished");
    if (::fsync(handle_) != 0) give_up("cannot flush ", errno);
    if (::close(std::exchange(handle_, -1)) != 0) give_up("cannot close ", errno);
    if (::rename(beside_.c_str(), path_.c_str()) != 0) give_up("cannot replace ", errno);
    beside_.clear();
    detail::sync_folder(path_.parent_path());
}

AHA_INLINE void atomic_file::give_up(std::string_view what, int reason) {
    discard();
    fail(what, path_, ": ", std::strerror(reason));
}

AHA_INLINE void atomic_file::discard() noexcept {
    if (handle_ >= 0) ::close(std::exchange(handle_, -1));
    if (!beside_.empty()) ::unlink(beside_.c_str());
    beside_.clear();
}

AHA_INLINE void write_atomically(const std::filesystem::path& path, std::string_view text) {
    atomic_file file{path};
    file.write(text);
    file.commit();
}

}  // namespace aha
