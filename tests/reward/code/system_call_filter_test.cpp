#include <aha/reward/code/system_call_filter.hpp>

#include <gtest/gtest.h>

namespace {

// What it refuses is tried in sandbox_test.cpp.
TEST(system_call_filter, is_a_program_of_whole_instructions) {
    const std::string filter = aha::code::system_call_filter();
    EXPECT_GT(filter.size(), 50 * 8U);
    EXPECT_EQ(filter.size() % 8, 0U);  // of 8 bytes each, see linux/filter.h
    EXPECT_EQ(filter, aha::code::system_call_filter());
}

}  // namespace
