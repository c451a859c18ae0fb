#include <aha/reward/last_integer.hpp>

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using aha::last_integer;

TEST(last_integer, reads_the_last_number) {
    const std::pair<std::string_view, std::int64_t> cases[] = {
        {"12", 12},
        {"3 + 4 = 7", 7},
        {"It is 12.", 12},
        {"It is 12!\n", 12},
        {"<answer> 12 </answer>", 12},
        {"x2", 2},
        {"12 apples", 12},
        {"007", 7},
        {"0", 0},
        {"$\\boxed{42}$", 42},
        {"...5", 5},
        {"is.5", 5},
        {"5%", 5},
        {"24/2 = 12", 12},
        {"1/2, so 3", 3},
        {"7\xEF\xBC\x95", 7} /* a fullwidth 5 is no ASCII digit */,
    };
    for (const auto& [text, value] : cases) EXPECT_EQ(last_integer(text), value) << text;
}

TEST(last_integer, knows_a_sign_from_a_subtraction) {
    const std::pair<std::string_view, std::int64_t> cases[] = {
        {"-5", -5},
        {"= -5", -5},
        {"(-5)", -5},
        {"{-5}", -5},
        {"\u22125", -5},
        {"x = \u221212", -12},
        {"3 - 5", 5},
        {"10-5", 5},
        {"x-5", 5},
        {"(a)-5", 5},
        {"--5", 5},
        {"+5", 5},
        {"\u20135", 5} /* a dash */,
        {"-0", 0},
        {"-1,234", -1234},
        {"-2.0", -2},
        {"10\u22125", 5},
    };
    for (const auto& [text, value] : cases) EXPECT_EQ(last_integer(text), value) << text;
}

TEST(last_integer, knows_thousands_from_lists) {
    const std::pair<std::string_view, std::int64_t> cases[] = {
        {"1,234", 1234},  {"$1,234,567.", 1234567}, {"1,234,", 1234},     {"12,345", 12345},
        {"1, 234", 234},  {"1,2,345", 345},         {"1,23", 23},         {"1234,567", 567},
        {"0,123", 123},   {"0,123,456", 456},       {"1,2345", 2345},     {",123", 123},
        {"0.1,234", 234}, {"1,234.00", 1234},       {"5,1,234,567", 567},
    };
    for (const auto& [text, value] : cases) EXPECT_EQ(last_integer(text), value) << text;
}

TEST(last_integer, gives_nothing_where_the_last_number_is_no_integer) {
    for (const std::string_view text : {"", "none", "-", ".", ",", "3.5", "12 or 3.5", ".5", "$.5", "-.5", "1.2.3",
                                        "1.2.0", "1/2", "12 then 1/2", "\u0665" /* an Arabic 5 */})
        EXPECT_EQ(last_integer(text), std::nullopt) << text;
    EXPECT_EQ(last_integer("12.00"), 12);
}

TEST(last_integer, gives_nothing_beyond_64_bits) {
    EXPECT_EQ(last_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(last_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(last_integer("9223372036854775808"), std::nullopt);
    EXPECT_EQ(last_integer("5 or 99999999999999999999"), std::nullopt);
    EXPECT_EQ(last_integer("9,223,372,036,854,775,807"), std::numeric_limits<std::int64_t>::max());
}

TEST(last_integer, compares_with_json) {
    const nlohmann::json row = {{"n", 12}, {"u", 12U}, {"x", 12.0}, {"y", 12.5}, {"text", "12"}, {"null", nullptr}};
    const auto equals = [&](std::string_view text, const char* key) { return last_integer(text) == row[key]; };
    EXPECT_TRUE(equals("12", "n") && equals("12", "u") && equals("12", "x"));
    EXPECT_FALSE(equals("13", "n") || equals("12", "y") || equals("12", "text") || equals("12", "null"));
    EXPECT_FALSE(equals("none", "n") || equals("none", "null"));
    EXPECT_TRUE(row["n"] == last_integer("12"));
    EXPECT_TRUE(last_integer("13") != row["n"] && last_integer("") != row["n"]);
}

TEST(last_integer, reads_long_texts_in_linear_time) {
    const std::size_t size = 10'000'000;
    EXPECT_EQ(last_integer(std::string(size, '1')), std::nullopt);
    EXPECT_EQ(last_integer(std::string(size, ',')), std::nullopt);
    EXPECT_EQ(last_integer(std::string(size, '0') + "5"), 5);
    EXPECT_EQ(last_integer("5" + std::string(size, 'x')), 5);
    std::string groups;
    while (groups.size() < size) groups += ",123";
    EXPECT_EQ(last_integer("1" + groups), std::nullopt);
}

}  // namespace
