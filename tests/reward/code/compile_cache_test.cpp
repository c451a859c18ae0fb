#include <aha/reward/code/compile_cache.hpp>

#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <string>

namespace {

using aha::code::compile_cache;
using aha::code::compiled_program;

struct compiler {
    int calls = 0;

    compiled_program operator()(compile_cache& cache, const std::string& text, std::size_t bytes) {
        return cache.get(text, [&] {
            ++calls;
            return compiled_program{.bytes = std::make_shared<const std::string>(bytes, 'x')};
        });
    }
};

TEST(compile_cache, keeps_what_was_used_last) {
    compile_cache cache{100};
    compiler compile;
    EXPECT_EQ(compile(cache, "a", 40).bytes->size(), 40U);
    compile(cache, "b", 40);
    compile(cache, "a", 40);
    EXPECT_EQ(compile.calls, 2);
    compile(cache, "c", 40);  // b goes
    compile(cache, "a", 40);
    compile(cache, "c", 40);
    EXPECT_EQ(compile.calls, 3);
    compile(cache, "b", 40);
    EXPECT_EQ(compile.calls, 4);
    EXPECT_EQ(compile(cache, "d", 1000).bytes->size(), 1000U);  // too large to be kept
    compile(cache, "d", 1000);
    EXPECT_EQ(compile.calls, 6);
}

TEST(compile_cache, keeps_failures_of_programs_and_not_of_the_sandbox) {
    compile_cache cache{1000};
    int calls = 0;
    const auto wrong = [&] { return ++calls, compiled_program{.errors = "expected"}; };
    EXPECT_EQ(cache.get("a", wrong).errors, "expected");
    EXPECT_EQ(cache.get("a", wrong).bytes, nullptr);
    EXPECT_EQ(calls, 1);
    const auto throws = [&]() -> compiled_program { throw std::runtime_error{std::to_string(++calls)}; };
    EXPECT_THROW(cache.get("b", throws), std::runtime_error);
    EXPECT_THROW(cache.get("b", throws), std::runtime_error);
    EXPECT_EQ(calls, 3);
    EXPECT_EQ(cache.get("b", wrong).errors, "expected");
}

}  // namespace
