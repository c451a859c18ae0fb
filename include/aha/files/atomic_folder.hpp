#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <utility>

#include <aha/files/atomic_file.hpp>
#include <aha/core/error.hpp>

namespace aha {

/// A folder that appears under its name whole or not at all: filled beside, renamed by `commit`. A folder that was
/// there is exchanged in one step and then removed, so its reader finds the old one or the new one, never a mixture.
/// Without `commit` the old folder stays as it was and the new one is removed.
class atomic_folder {
public:
    /// Starts what will become `path`; its parents are made. Throws `aha::error` if that is not possible, or if `path`
    /// is something else than a folder.
    explicit atomic_folder(const std::filesystem::path& path) : path_{without_slash(path)} {
        std::error_code wrong;
        const std::filesystem::file_status old = std::filesystem::status(path_, wrong);
        require(!std::filesystem::exists(old) || std::filesystem::is_directory(old), "cannot write the folder ", path_,
                ": a file has that name");
        if (std::filesystem::is_symlink(path_, wrong)) path_ = std::filesystem::canonical(path_, wrong);
        if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path(), wrong);
        for (int attempt = 0; beside_.empty(); ++attempt) {
            const std::filesystem::path candidate = detail::name_beside(path_, attempt);
            if (::mkdir(candidate.c_str(), 0777) == 0) beside_ = candidate;
            require(!beside_.empty() || (errno == EEXIST && attempt < 1000), "cannot write the folder ", path_, ": ",
                    std::strerror(errno));
        }
    }

    atomic_folder(const atomic_folder&) = delete;
    atomic_folder& operator=(const atomic_folder&) = delete;
    ~atomic_folder() { remove(beside_); }

    /// Where to write the files meanwhile.
    const std::filesystem::path& workplace() const { return beside_; }

    /// Puts the folder under its name. Throws `aha::error` if the system refuses; then the old folder is untouched.
    void commit() {
        require(!beside_.empty(), "cannot finish the folder ", path_, ": it is already finished");
        detail::sync_folder(beside_);
        if (::rename(beside_.c_str(), path_.c_str()) != 0) {
            require(errno == ENOTEMPTY || errno == EEXIST, "cannot put the folder ", path_,
                    " in place: ", std::strerror(errno));
            if (::renameat2(AT_FDCWD, beside_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) != 0)
                exchange_in_two_steps();
            remove(beside_);
        }
        beside_.clear();
        detail::sync_folder(path_.parent_path());
    }

private:
    /// For file systems without an exchange: the name is missing for a moment, but both folders are whole.
    void exchange_in_two_steps() {
        std::filesystem::path old = beside_;
        old += ".old";
        require(::rename(path_.c_str(), old.c_str()) == 0, "cannot replace the folder ", path_, ": ",
                std::strerror(errno));
        if (::rename(beside_.c_str(), path_.c_str()) != 0) {
            const int reason = errno;
            ::rename(old.c_str(), path_.c_str());
            fail("cannot replace the folder ", path_, ": ", std::strerror(reason));
        }
        beside_ = old;
    }
    static std::filesystem::path without_slash(const std::filesystem::path& path) {
        const std::filesystem::path normal = path.lexically_normal();
        return normal.has_filename() ? normal : normal.parent_path();
    }
    static void remove(const std::filesystem::path& folder) noexcept {
        std::error_code ignored;
        if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
    }

    std::filesystem::path path_, beside_;
};

}  // namespace aha
