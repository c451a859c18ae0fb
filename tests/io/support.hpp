#pragma once

#include <csignal>
#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <string_view>
#include <sys/resource.h>

#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>

namespace aha::test {

/// A folder of its own for each test.
class in_a_folder : public testing::Test {
protected:
    std::string content(const std::filesystem::path& name) const { return text_of(folder_ / name); }
    void put(const std::filesystem::path& name, std::string_view text) const { folder_.file(name, text); }
    std::set<std::string> names(const std::filesystem::path& below = {}) const { return folder_.names(below); }
    made_folder folder_;
};

/// While it lives, no file grows beyond `bytes`: writing more fails as on a full disk.
class full_disk {
public:
    explicit full_disk(rlim_t bytes) : signal_{std::signal(SIGXFSZ, SIG_IGN)} {
        ::getrlimit(RLIMIT_FSIZE, &old_);
        rlimit limit = old_;
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    full_disk(const full_disk&) = delete;
    full_disk& operator=(const full_disk&) = delete;
    ~full_disk() {
        ::setrlimit(RLIMIT_FSIZE, &old_);
        std::signal(SIGXFSZ, signal_);
    }

private:
    void (*signal_)(int);
    rlimit old_{};
};

}  // namespace aha::test
