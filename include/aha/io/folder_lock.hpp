#pragma once

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/file.h>
#include <sys/types.h>
#include <unistd.h>
#include <utility>

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
    explicit folder_lock(const std::filesystem::path& folder);
    /// The other holds nothing then.
    folder_lock(folder_lock&& other) noexcept : handle_{std::exchange(other.handle_, -1)} {}
    folder_lock& operator=(folder_lock&& other) noexcept;
    folder_lock(const folder_lock&) = delete;
    folder_lock& operator=(const folder_lock&) = delete;
    ~folder_lock();

    /// Throws `aha::error` as making one does if another run has the folder; changes nothing.
    static void check(const std::filesystem::path& folder);

private:
    static std::filesystem::path file_in(const std::filesystem::path& folder) { return folder / file_name; }

    /// False if somebody else has it.
    static bool lock(int handle);

    /// The process that the open file names, as text; closes the file.
    static std::string holder_of(int handle);

    [[noreturn]] static void fail_as_held(const std::filesystem::path& folder, const std::string& holder);

    int handle_ = -1;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/io/folder_lock.ipp>
#endif
