#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <thread>

#include <aha/core/error.hpp>
#include <aha/reward/code/language.hpp>
#include <aha/reward/code/sandbox.hpp>
#include <aha/reward/code/test.hpp>
#include <aha/reward/code/verdict.hpp>

namespace aha {

/// How a `code_runner` runs programs.
struct code_options {
    code::sandbox_limits limits{};  ///< of one run
    code::sandbox_limits compile_limits{
        .seconds = 30, .memory = std::int64_t{4} << 30U, .output = std::int64_t{64} << 20U};  ///< of one compilation
    code::output_comparison comparison{};  ///< when an output is the expected one
    bool all_tests = false;                ///< run the tests after one that fails, for partial credit
    std::int64_t at_a_time = std::max<std::int64_t>(1, std::thread::hardware_concurrency());  ///< programs
    std::int64_t cache = std::int64_t{256} << 20U;  ///< bytes of compiled programs that are kept
    code::sandbox_options sandbox{};                ///< where its programs stand

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        limits.validate();
        compile_limits.validate();
        comparison.validate();
        require(at_a_time > 0, "at_a_time must be positive, not ", at_a_time);
        require(cache >= 0, "cache must be 0 or more, not ", cache);
    }
};

/// Compiles programs and runs their tests, in a sandbox (`code::sandbox`), several at a time. What is compiled once is
/// kept. Copies share all of this.
class code_runner {
public:
    /// Throws `aha::error` if there is no sandbox here, or naming the first option that makes no sense.
    explicit code_runner(code_options options = {});

    /// What the tests say of a program. Callable from any number of threads; those beyond `at_a_time` wait. Throws
    /// `aha::error` if a test makes no sense or the sandbox fails, never for what a program does.
    code::verdict operator()(std::string_view program, const code::language& in,
                             std::span<const code::test> tests) const;

    const code_options& options() const;  ///< as given

private:
    struct shared;
    std::shared_ptr<shared> shared_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/code/code_runner.ipp>
#endif
