#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <aha/core/error.hpp>

/// Shared by the tests of model/files.
namespace files_support {

inline std::filesystem::path golden(const std::string& name) {
    return std::filesystem::path{AHA_TEST_DATA} / "model" / "data" / "files" / name;
}

inline std::string read(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

inline std::filesystem::path write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream{path, std::ios::binary} << text;
    return path;
}

/// A folder that goes when the test does.
struct temporary_folder {
    temporary_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "aha-files-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
};

/// The bytes of a number as files have them.
template <class T>
std::string raw(T value) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

/// What `action` says when it fails on purpose, or "no error". Any other exception ends the test.
template <class Action>
std::string error_of(Action action) {
    try {
        action();
    } catch (const aha::error& wrong) {
        return wrong.what();
    }
    return "no error";
}

/// Damages for fuzz tests, the same on every machine: bytes changed, cut out, doubled, numbers made extreme.
class mutator {
public:
    explicit mutator(std::uint64_t seed) : state_{seed} {}

    /// Damages `text` in one to four places before `end`.
    std::string operator()(std::string text, std::size_t end) {
        for (std::uint64_t n = 1 + below(4); n > 0 && !text.empty(); --n) {
            const std::size_t at = below(std::min(end, text.size()));
            switch (below(7)) {
                case 0: text[at] = static_cast<char>(below(256)); break;
                case 1: text[at] = static_cast<char>(text[at] ^ (1 << below(8))); break;
                case 2: text.erase(at, 1 + below(8)); break;
                case 3: text.insert(at, text.substr(below(std::min(end, text.size())), 1 + below(16))); break;
                case 4: text.resize(at); break;
                case 5: {
                    const std::uint64_t extremes[] = {0, 1, ~0ULL, 1ULL << 63, 1ULL << 32, 0xffffffffULL, 7, 9};
                    const std::string bytes = raw(extremes[below(8)]);
                    text.replace(at, std::min<std::size_t>(1 + below(8), text.size() - at), bytes);
                    break;
                }
                default: {
                    const std::string_view words[] = {"-1", "0",  "1e999", "null", "{", "]", "99999999999999999999",
                                                      "\"", "[[", "4.5"};
                    const std::string_view word = words[below(10)];
                    text.replace(at, std::min(word.size(), text.size() - at), word);
                }
            }
        }
        return text;
    }

private:
    std::uint64_t below(std::uint64_t bound) {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return bound == 0 ? 0 : (state_ >> 33) % bound;
    }
    std::uint64_t state_;
};

}  // namespace files_support
