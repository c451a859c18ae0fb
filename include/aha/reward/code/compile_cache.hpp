#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <aha/reward/result_cache.hpp>

namespace aha::code {

/// A program as the compiler left it.
struct compiled_program {
    std::shared_ptr<const std::string> bytes{};  ///< nothing: it cannot be compiled
    std::string errors{};                        ///< why not
    bool out_of_time = false;                    ///< the compiler took too long
};

/// Compiled programs by their texts, the ones used last, up to a number of bytes. Who asks for one that another thread
/// is compiling waits for that one.
class compile_cache {
public:
    explicit compile_cache(std::int64_t most_bytes) : programs_{most_bytes} {}

    /// The program of this text, by `compile` unless it is kept. What `compile` throws reaches all who wait for it, and
    /// is not kept.
    compiled_program get(const std::string& text, const std::function<compiled_program()>& compile) {
        return programs_.get(text, compile, [](const compiled_program& made) {
            return static_cast<std::int64_t>(made.errors.size() + (made.bytes ? made.bytes->size() : 0));
        });
    }

private:
    aha::detail::result_cache<compiled_program> programs_;
};

}  // namespace aha::code
