#pragma once

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <sys/resource.h>

#include <aha/core/error.hpp>

namespace aha::test {

/// A folder of its own for each test.
class in_a_folder : public testing::Test {
protected:
    in_a_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "aha-io-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }
    ~in_a_folder() override { std::filesystem::remove_all(folder_); }

    std::string content(const std::filesystem::path& name) const {
        std::ifstream in{folder_ / name, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    void put(const std::filesystem::path& name, std::string_view text) const {
        std::ofstream{folder_ / name, std::ios::binary} << text;
    }
    std::set<std::string> names(const std::filesystem::path& below = {}) const {
        std::set<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator{folder_ / below})
            all.insert(entry.path().filename());
        return all;
    }
    std::filesystem::path folder_;
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

/// What `act` complains of, or "nothing".
template <class Act>
std::string complaint(const Act& act) {
    try {
        act();
    } catch (const error& wrong) {
        return wrong.what();
    }
    return "nothing";
}

}  // namespace aha::test
