#include <aha/reward/math/names.hpp>

#include <algorithm>
#include <gtest/gtest.h>
#include <iterator>
#include <string_view>

namespace {

using namespace aha::math;

TEST(math_names, are_found_wherever_they_stand_in_the_table) {
    for (const std::string_view name : {"Big", "approx", "cdot", "leq", "text", "widetilde", "mathbb", "quad"})
        EXPECT_NE(find_command(name), nullptr) << name;
    for (const std::string_view name : {"frac", "", "zzz", "aaa", "Leq"})
        EXPECT_EQ(find_command(name), nullptr) << name;
    for (const std::string_view name : {"arccos", "log", "tanh", "sin"}) EXPECT_TRUE(is_function_name(name)) << name;
    EXPECT_FALSE(is_function_name("max") || is_function_name("foo"));
    EXPECT_TRUE(is_symbol_command("alpha") && is_symbol_command("ell") && !is_symbol_command("frac"));
}

TEST(math_names, know_characters_beyond_ascii) {
    ASSERT_NE(find_character("\u2264"), nullptr);
    EXPECT_EQ(find_character("\u2264")->kind, token_kind::relation);
    EXPECT_EQ(find_character("\u00e4"), nullptr);
}

}  // namespace
