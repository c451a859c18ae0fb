#include <aha/reward/last_integer.hpp>

#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tests/reward/reward_support.hpp"

namespace {

using namespace aha::reward_support;

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

TEST(last_integer, reads_thousands_powers_and_units) {
    for (const std::string& text : cases(R"(
The total is 1 000. ;; 1{,}000 ;; 1\,000 ;; 1\ 000 ;; 1,\!000 ;; 1~000 ;; 1e3 ;; 1E3 ;; 1.0e3 ;; 1e+3 ;; 10^3
10^{3} ;; so $10^3$. ;; 1\times10^3 ;; 1 \times 10^{3} ;; 1 x 10^3 ;; 1*10^3 ;; 0.1e4 ;; $1,000 ;; \$1,000
\$1{,}000. ;; 1,000 dollars ;; 1000 cm ;; 1000 cm^2 ;; 1000\text{ cm}^2 ;; 1000 m/s^2 ;; 1000^\circ
1000^{\circ} ;; 1 thousand ;; 1,000.00 ;; \boxed{1{,}000} ;; \boxed{1000} ;; **1000** ;; $1000$ ;; 1000\%
1000% ;; 1000\text{ apples} ;; = 1000 ;; x=1000 ;; 1000! ;; It is 1000 m ;; 1000\ \mathrm{m}
1000\,\text{m}^{2} ;; 10^3\text{ m} ;; 10^{3}. ;; #### 1000 ;; #### 1,000
)",
                                         {"1\u202f"
                                          "000",
                                          "1\u2009"
                                          "000",
                                          "1\u00a0"
                                          "000",
                                          "1\u00d7"
                                          "10^3"}))
        EXPECT_EQ(last_integer(text), 1000) << text;
    for (const std::string& text : cases(R"(
-5 ;; a loss, -$5 ;; -\$5 ;; $-5 ;; \$-5 ;; (-$5) ;; = -$5.00 ;; -5.0 ;; x = -5
)",
                                         {"\u2212$5", "\u2212\\$5",
                                          "-\u20ac"
                                          "5"}))
        EXPECT_EQ(last_integer(text), -5) << text;
    const std::pair<std::string_view, std::int64_t> others[] = {
        {"12 345 678", 12345678},
        {"1 10 100", 100},
        {"2023 100", 100},
        {"5 7 12", 12},
        {"1 2 345", 345},
        {"Q3 100", 100},
        {"1/2 100", 100},
        {"12 cm^2", 12},
        {"3^2 cm^2", 9},
        {"2^5", 32},
        {"2^{10}", 1024},
        {"10^{18}", 1000000000000000000},
        {"1.5e3", 1500},
        {"1.5 \\times 10^3", 1500},
        {"3 million", 3000000},
        {"1.5 million", 1500000},
        {"10-$5", 5},
        {"$10 - $5 = $5", 5},
        {"-1 000", -1000},
        {"-1e3", -1000},
        {"-10^3", -1000},
        {"0e5", 0},
        {"x^2 = 4", 4},
        {"\\frac{1}{2}, so 3", 3},
    };
    for (const auto& [text, value] : others) EXPECT_EQ(last_integer(text), value) << text;
}

TEST(last_integer, gives_nothing_where_the_last_number_is_a_part_of_what_is_said) {
    for (const std::string& text : cases(R"(
\sqrt[3]{x} ;; \binom{2}{5} ;; \frac{1}{5} ;; \frac15 ;; \frac{1}5 ;; \frac1{5} ;; \dfrac{2}{5} ;; 1/5 ;; 1 / 5 ;; x/5 ;; \sqrt{5} ;; \sqrt5
2\sqrt{5} ;; \sqrt[3]{5} ;; x^5 ;; x^{5} ;; e^5 ;; x^{n+5} ;; 5^n ;; 5^{n} ;; a_5 ;; a_{5} ;; 101_5 ;; 5x ;; 5n
5\pi ;; 5 \pi ;; 5\sqrt{x} ;; 3:5 ;; 0.5 ;; 0.50 ;; .5 ;; 5.5 ;; 1,234.5 ;; 1e-5 ;; 5e-1 ;; 10^{-5} ;; 2^{-5}
5e30 ;; 10^50 ;; 99999999999999999999 ;; \frac{x}{5} ;; \frac{5}{x} ;; \frac{2}{x+5} ;; 5k ;; 5M ;; $5K
(a+b)/5 ;; 1.5e0 ;; 1e999999999999999999999999 ;; 10^{99999999999999999999} ;; 5e
)",
                                         {"5\u03c0",
                                          "\u221a"
                                          "5"}))
        EXPECT_EQ(last_integer(text), std::nullopt) << text;
}

TEST(last_integer, compares_with_what_json_says) {
    const nlohmann::json row = {{"n", 12}, {"u", 12U}, {"x", 12.0}, {"text", "12"}, {"long", "... so #### 12"}};
    for (const auto& [key, answer] : row.items()) {
        EXPECT_TRUE(last_integer("12") == answer && answer == last_integer("12")) << key;
        EXPECT_TRUE(last_integer("13") != answer && answer != last_integer("") && last_integer("1.2") != answer) << key;
    }
    EXPECT_TRUE(last_integer("1000") == nlohmann::ordered_json("1,000"));
    EXPECT_TRUE(last_integer("-3") == nlohmann::json("-3.0"));
}

TEST(last_integer, refuses_to_be_compared_with_what_it_can_never_equal) {
    for (const nlohmann::json& answer :
         {nlohmann::json(), nlohmann::json(true), nlohmann::json(12.5), nlohmann::json("1/2"), nlohmann::json("blue"),
          nlohmann::json(""), nlohmann::json({12}), nlohmann::json(18446744073709551615U)})
        for (const char* text : {"12", "none"}) {
            const std::string message = complaint([&] { return last_integer(text) == answer; });
            EXPECT_THAT(message, testing::AllOf(testing::HasSubstr(answer.dump()), testing::HasSubstr("no integer")));
        }
}

TEST(last_integer, is_used_as_an_optional) {
    const std::optional<std::int64_t> plain = last_integer("12"), none = last_integer("");
    EXPECT_TRUE(plain == 12 && !none);
    EXPECT_TRUE(last_integer("12") == plain && last_integer("") == none && last_integer("") != plain);
    EXPECT_TRUE(last_integer("12") == last_integer("12.") && last_integer("") == last_integer("x"));
    EXPECT_TRUE(*last_integer("12") == 12 && last_integer("12").value() == 12 && last_integer("").value_or(7) == 7);
    EXPECT_TRUE(12 == last_integer("12") && last_integer("12") == 12U && last_integer("-1") != ~std::uint64_t{0});
    EXPECT_THROW(last_integer("").value(), std::bad_optional_access);
    EXPECT_TRUE(last_integer("0") && !last_integer("none"));
}

TEST(last_integer, reads_long_texts_in_linear_time) {
    const std::size_t size = 10'000'000;
    EXPECT_EQ(last_integer(std::string(size, '1')), std::nullopt);
    EXPECT_EQ(last_integer(std::string(size, ',')), std::nullopt);
    EXPECT_EQ(last_integer(std::string(size, '0') + "5"), 5);
    EXPECT_EQ(last_integer("5" + std::string(size, 'x')), 5);
    for (const char* part : {"{", "}", "1,", "1 ", "^", "10^", "\\frac{", "1e", "/", "cm^2 ", "}{"}) {
        std::string parts;
        while (parts.size() < size / 10) parts += part;
        last_integer(parts + "5" + parts);
    }
    std::string groups;
    while (groups.size() < size) groups += ",123";
    EXPECT_EQ(last_integer("1" + groups), std::nullopt);
}

}  // namespace
