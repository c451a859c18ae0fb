#include <aha/text/character_set.hpp>

#include <cstddef>
#include <gtest/gtest.h>
#include <vector>

namespace {

using namespace aha::detail;

TEST(character_set, holds_what_the_pattern_matches) {
    const character_set lower{"\\p{Lowercase}+"};
    for (const char32_t c : {U'a', U'\u00df', U'\u00aa', U'\u2170', U'\U00010428'}) EXPECT_TRUE(lower.contains(c));
    for (const char32_t c : {U'A', U'1', U'\u4e2d', U'\0', U'\U0010FFFF', char32_t{0x110000}, char32_t{0xFFFFFFFF}})
        EXPECT_FALSE(lower.contains(c));
}

TEST(character_set, goes_through_all_characters_in_order) {
    std::vector<char32_t> seen;
    each_matching_character("(?s:.)", [&](char32_t code) { seen.push_back(code); });
    ASSERT_EQ(seen.size(), 0x40000U - 0x800U + 0x10000U);
    for (std::size_t i = 1; i < seen.size(); ++i) ASSERT_LT(seen[i - 1], seen[i]);
    EXPECT_EQ(seen.front(), U'\0');
    EXPECT_EQ(seen.back(), char32_t{0xEFFFF});
}

}  // namespace
