#pragma once

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/file.h>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <aha/core/error.hpp>

namespace aha {

/// Keeps other runs out of a folder while it lives: a lock of the system (flock) on FOLDER/run.lock, which the system
/// gives back when the process ends, however it ends. The file stays; what it holds is the number of the process that
/// had the lock last.
///
/// Where the file system has no locks (some network ones) there is none, and nothing is said. NFS has them across
/// machines where its lock service runs; a process is then named by its number on its own machine.
class folder_lock {
public:
    static constexpr const char* file_name = "run.lock";  ///< in the folder

    /// Makes the folder if need be. Throws `aha::error` with the folder and the process's number if another run has it,
    /// or if the folder cannot be written.
    explicit folder_lock(const std::filesystem::path& folder) {
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
    /// The other holds nothing then.
    folder_lock(folder_lock&& other) noexcept : handle_{std::exchange(other.handle_, -1)} {}
    folder_lock& operator=(folder_lock&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    folder_lock(const folder_lock&) = delete;
    folder_lock& operator=(const folder_lock&) = delete;
    ~folder_lock() {
        if (handle_ >= 0) ::close(handle_);
    }

    /// Throws `aha::error` as making one does if another run has the folder; changes nothing.
    static void check(const std::filesystem::path& folder) {
        const int handle = ::open(file_in(folder).c_str(), O_RDWR | O_CLOEXEC);
        if (handle < 0) return;  // nobody ever had it
        if (lock(handle)) ::close(handle);
        else fail_as_held(folder, holder_of(handle));
    }

private:
    static std::filesystem::path file_in(const std::filesystem::path& folder) { return folder / file_name; }

    /// False if somebody else has it.
    static bool lock(int handle) {
        while (::flock(handle, LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) return false;
            if (errno != EINTR) return true;  // a file system without locks
        }
        return true;
    }

    /// The process that the open file names, as text; closes the file.
    static std::string holder_of(int handle) {
        char text[32] = {};
        const ssize_t size = ::pread(handle, text, sizeof text - 1, 0);
        ::close(handle);
        long number = 0;
        if (size > 0) std::from_chars(text, text + size, number);
        if (number == ::getpid()) return "this process, " + std::to_string(number) + ", itself";
        return number > 0 ? "process " + std::to_string(number) : "another process";
    }

    [[noreturn]] static void fail_as_held(const std::filesystem::path& folder, const std::string& holder) {
        fail("the folder ", folder, " is in use by ", holder,
             ": two runs in one folder would destroy each other's checkpoints; wait for it, end it, or give another "
             "folder");
    }

    int handle_ = -1;
};

}  // namespace aha
