#pragma once

#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

#include <aha/io/folder_lock.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha {

AHA_INLINE folder_lock::folder_lock(const std::filesystem::path& folder) {
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    require(!problem, "cannot make the folder ", folder, ": ", problem.message());
    const std::filesystem::path file = file_in(folder);
    handle_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    require(handle_ >= 0, "cannot write in the folder ", folder, ": ", std::strerror(errno));
    if (!lock(handle_)) {
        const std::string holder = holder_of(std::exchange(handle_, -1));
        fail_as_held(folder, holder);
    }
    const std::string text = std::to_string(::getpid()) + '\n';
    // For people: a disk that is full must not end the run here.
    if (::ftruncate(handle_, 0) == 0 && ::pwrite(handle_, text.data(), text.size(), 0) < 0) return;
}

AHA_INLINE folder_lock& folder_lock::operator=(folder_lock&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
}

AHA_INLINE folder_lock::~folder_lock() {
    if (handle_ >= 0) ::close(handle_);
}

AHA_INLINE void folder_lock::check(const std::filesystem::path& folder) {
    const int handle = ::open(file_in(folder).c_str(), O_RDWR | O_CLOEXEC);
    if (handle < 0) return;  // nobody ever had it
    if (lock(handle)) ::close(handle);
    else fail_as_held(folder, holder_of(handle));
}

AHA_INLINE bool folder_lock::lock(int handle) {
    while (::flock(handle, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return false;
        if (errno != EINTR) return true;  // a file system without locks
    }
    return true;
}

AHA_INLINE std::string folder_lock::holder_of(int handle) {
    char text[32] = {};
    const ssize_t size = ::pread(handle, text, sizeof text - 1, 0);
    ::close(handle);
    long number = 0;
    if (size > 0) std::from_chars(text, text + size, number);
    if (number == ::getpid()) return "this process, " + std::to_string(number) + ", itself";
    return number > 0 ? "process " + std::to_string(number) : "another process";
}

AHA_INLINE void folder_lock::fail_as_held(const std::filesystem::path& folder, const std::string& holder) {
    fail("the folder ", folder, " is in use by ", holder,
         ": two runs in one folder would destroy each other's checkpoints; wait for it, end it, or give another "
         "folder");
}

}  // namespace aha
