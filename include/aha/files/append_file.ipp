#pragma once

#include <cerrno>
#include <cstddef>
#include <cstring>

#include <aha/files/append_file.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail {

AHA_INLINE append_file::append_file(std::filesystem::path path, bool only_new) : path_{std::move(path)} {
    handle_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (only_new ? O_EXCL : 0), 0666);
    require(handle_ >= 0, "cannot write ", path_, ": ", std::strerror(errno));
}

AHA_INLINE append_file& append_file::operator=(append_file&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(handle_, other.handle_);
    return *this;
}

AHA_INLINE append_file::~append_file() {
    if (handle_ >= 0) ::close(handle_);
}

AHA_INLINE void append_file::append(std::string_view record) {
    struct stat before = {};
    const bool known = ::fstat(handle_, &before) == 0 && S_ISREG(before.st_mode);
    while (!record.empty()) {
        const ssize_t written = ::write(handle_, record.data(), record.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const int reason = errno;
            const bool whole = known && ::ftruncate(handle_, before.st_size) == 0;
            fail("cannot write ", path_, ": ", std::strerror(reason), whole ? "" : "; its last record is incomplete");
        }
        record.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace aha::detail
