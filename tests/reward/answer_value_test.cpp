#include <aha/reward/answer_value.hpp>

#include <chrono>
#include <cstdint>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <aha/reward/accuracy.hpp>

#include "tests/reward/reward_support.hpp"

namespace {

using namespace aha;
using namespace aha::reward_support;

/// Whether an answer earns the reward, in a box and in a tag alike.
bool earns(const json& reference, const std::string& answer) {
    prompt asked;
    asked.fields["answer"] = reference;
    const bool boxed = accuracy{.source = answer_source::boxed}(asked, saying("so \\boxed{" + answer + "}"));
    const bool tagged =
        accuracy{.source = answer_source::answer_tag}(asked, saying("<answer> " + answer + " </answer>"));
    EXPECT_EQ(boxed, tagged) << answer;
    return boxed && tagged;
}

TEST(answer_value, reads_an_integer_in_every_spelling) {
    for (const std::string& answer : cases(R"(
1000 ;; 1,000 ;; 1{,}000 ;; 1\,000 ;; 1\ 000 ;; 1 000 ;; 1,\!000 ;; 1\;000 ;; 1~000 ;; 1000. ;; 1000.0
1,000.00 ;; 1e3 ;; 1E3 ;; 1e+3 ;; 1.0e3 ;; 10^3 ;; 10^{3} ;; 1\times10^3 ;; 1 \times 10^{3} ;; 1 x 10^3
1*10^3 ;; 1\cdot 10^3 ;; 0.1 \times 10^{4} ;; $1000$ ;; $1,000$ ;; \$1000 ;; $1,000 ;; \$1{,}000 ;; +1000
\text{1000} ;; \mathrm{1000} ;; \textbf{1000} ;; \mathbf{1,000} ;; 1000\text{ cm} ;; 1000 cm ;; 1000cm
1000\,\text{cm} ;; 1000\ \mathrm{cm} ;; 1000^\circ ;; 1000^{\circ} ;; 1000 apples ;; 1000\text{ apples}
1000 square meters ;; 1000\text{ cm}^2 ;; 1000 cm^2 ;; 1000 km/h ;; 1000 miles per hour ;; x = 1000 ;; x=1000
n = 1{,}000 ;; f(2) = 1000 ;; x_1 = 1000 ;; \theta = 1000^\circ ;; {1000} ;; (1000) ;; \left(1000\right)
\(1000\) ;; \[1000\] ;; $$1000$$ ;; 1000/1 ;; 2000/2 ;; \frac{2000}{2} ;; \dfrac{1000}{1} ;; **1000** ;; `1000`
"1000" ;; The answer is 1000. ;; The answer is $1000$. ;; Answer: 1000 ;; The total is \$1,000. ;; 1 thousand
1'000 ;; \displaystyle 1000 ;; \boxed{1000} ;; 1000 dollars ;; $1000 dollars ;; 1000 dollars per month ;; 1000 m
1000 m/s ;; 1000\text{ m/s}^2 ;; 1000 m/s^2 ;; 1000 years old ;; 1000 ways ;; 1000 cups ;; 500 + 500 = 1000
Total cost = 1000 ;; 1000.000 ;; 01000 ;; 1000 units^2 ;; 1000\% ;; 1000 percent ;; 1000 pounds
1000\,\mathrm{m/s} ;; 1000 \text{ students} ;; 1,000 people ;; 10^{3}\text{ m} ;; 1000 km/hr
1000\text{ square inches} ;; $1{,}000$ apples ;; = 1000 ;; \$1000/\text{hour} ;; $1000/hour ;; **Answer:** 1000
10 \cdot 100 = 1000 ;; x = \frac{2000}{2} = 1000 ;; \angle ABC = 1000^\circ ;; \textcolor{red}{1000} ;; (x = 1000)
1000 \text{ ways.} ;; 1000\operatorname{cm} ;; 1000\,\mathrm{m}\,\mathrm{s}^{-1}
)",
                                           {"1\u2009"
                                            "000",
                                            "1\u202f"
                                            "000",
                                            "1\u00a0"
                                            "000",
                                            "1\u00d7"
                                            "10^3",
                                            "1000\u00b0"})) {
        for (const json& reference : {json(1000), json("1000"), json("1,000"), json(1000.0), json("$10^3$")})
            EXPECT_TRUE(earns(reference, answer)) << answer;
        EXPECT_FALSE(earns(1, answer) || earns(0, answer) || earns(1001, answer)) << answer;
    }
}

TEST(answer_value, reads_a_sign_before_and_after_a_currency) {
    for (const std::string& answer : cases(R"(
-5 ;; - 5 ;; -5.0 ;; -\$5 ;; -$5 ;; $-5 ;; \$-5 ;; \$ -5 ;; -10/2 ;; -\frac{10}{2} ;; \frac{-10}{2}
\frac{10}{-2} ;; x = -5 ;; (-5) ;; $-5$ ;; \text{-5} ;; -5 degrees ;; -5^\circ\text{C} ;; -5^\circ C
)",
                                           {"\u2212"
                                            "5",
                                            "-\u00a3"
                                            "5"})) {
        EXPECT_TRUE(earns(-5, answer)) << answer;
        EXPECT_FALSE(earns(5, answer)) << answer;
    }
}

TEST(answer_value, compares_decimals_and_fractions_exactly) {
    for (const std::string& answer : cases(R"(
0.5 ;; 0.50 ;; .5 ;; .50 ;; 1/2 ;; \frac{1}{2} ;; \dfrac{1}{2} ;; \tfrac12 ;; \frac12 ;; \frac 12 ;; \frac1{2}
\frac{1}2 ;; 2/4 ;; \frac{2}{4} ;; 5e-1 ;; 5\times10^{-1} ;; 50\% ;; 50% ;; \frac{0.5}{1} ;; 2^{-1}
x = \frac{1}{2} ;; \left(\frac{1}{2}\right) ;; 1 / 2 ;; P = 1/2 ;; P(A) = \frac{1}{2} ;; \frac{1}{2}\text{ cup}
5\cdot 10^{-1}
)",
                                           {"\u00bd"})) {
        for (const json& reference : {json(0.5), json("0.50"), json("1/2"), json("\\frac{1}{2}")})
            EXPECT_TRUE(earns(reference, answer)) << answer;
        for (const int other : {1, 2, 5, 0}) EXPECT_FALSE(earns(other, answer)) << answer;
    }
    for (const std::string& answer : cases(R"(
7/3 ;; 2\frac{1}{3} ;; 2 1/3 ;; 2\frac13 ;; 2 \frac{1}{3} ;; \frac73 ;; 2\,\frac{1}{3} ;; 2\dfrac{1}{3}
\frac{14}{6}
)")) {
        for (const char* reference : {"7/3", "2\\frac{1}{3}", "2 1/3"}) EXPECT_TRUE(earns(reference, answer)) << answer;
        for (const int other : {1, 2, 3, 7}) EXPECT_FALSE(earns(other, answer)) << answer;
    }
    EXPECT_TRUE(earns(1234.5, "1,234.5") && earns(1234.5, "1\\,234.5") && earns(12.5, "\\$12.50"));
    EXPECT_FALSE(earns(0.333, "1/3") || earns(0.3333333333333333, "0.3333"));
}

TEST(answer_value, is_all_of_the_answer) {
    for (const std::string& answer : cases(R"(
~5 ;; 5 otherwise ;; 5/x ;; 5/m ;; 5... ;; 15 \div 3 = 45
x^5 ;; \sqrt{5} ;; 5\sqrt{3} ;; 2\sqrt{5} ;; 1,2,5 ;; 1, 5 ;; 5, 1 ;; 5,1 ;; 2n+5 ;; 5n+1 ;; 5n ;; 5x ;; x+5
x-5 ;; x=3 or x=5 ;; x=5 or x=3 ;; 5 or 3 ;; 3 or 5 ;; 5 and 3 ;; 5;3 ;; 5\pi ;; \pi/5 ;; 5/2 ;; 2/5 ;; 10^5
5^2 ;; 5^n ;; 2^5 ;; 5! ;; 5:4 ;; 4:5 ;; (5,2) ;; (2,5) ;; [2,5] ;; (2,5] ;; \{5\} ;; {2,5} ;; \pm 5 ;; +-5
--5 ;; 5i ;; 5+i ;; 5-2 ;; 5 - 2 ;; 5+2 ;; 5\cdot2 ;; 5*2 ;; 5\times 2 ;; 2\times 5 ;; 5\times 10^2
\frac{5}{2} ;; \frac{2}{5} ;; 5\frac{1}{2} ;; 5 1/2 ;; 5 \frac12 ;; \frac{5}{0} ;; 5/0 ;; 0.5 ;; .5 ;; 5.5
5.1.2 ;; 5e1 ;; 50 ;; 55 ;; 05.1 ;; not 5 ;; at least 5 ;; less than 5 ;; 5 or more ;; more than 5 ;; > 5
x > 5 ;; x \ge 5 ;; x \geq 5 ;; x>=5 ;; x \ne 5 ;; x \neq 5 ;; x != 5 ;; \approx 5 ;; about 5
5%5 ;; 5 \mod 7 ;; 5 \pmod{7} ;; 5 (mod 7) ;; 101_5 ;; 5_{10} ;; 5_2 ;; log 5 ;; \log 5 ;; \ln 5 ;; 5 \log 2
\sin 5 ;; |x|=5+ ;; 2x=5 ;; -x=5 ;; x^2=5 ;; \sqrt{x}=5 ;; 1/x=5 ;; x=5=6 ;; 5=x+1 ;; 6=5 ;; 4+2=5 ;; 2+2=5
x=5, y=3 ;; x=3, y=5 ;; (x,y)=(1,5) ;; 5x=5y ;; 5 thousand ;; 5 million ;; 5 dozen ;; 5 hundred ;; 5 halves
5 tenths ;; 5 and a half ;; five ;; V5 ;; 5th ;; 5k ;; 5M ;; 5 is wrong ;; 5 is not the answer ;; not sure, 5
5? ;; 5 squared ;; 5 cm 3 ;; 5\text{ or }3 ;; 5\text{ and }3 ;; 5\text{ million} ;; 5-foot ;; 1-5 ;; 5-10
2024-12-5 ;; 12/5 ;; 5/12/2024 ;; 5:00 ;; 5' ;; 5'' ;; $5-$10 ;; 5 to 10 ;; between 1 and 5 ;; 5n cm ;; 5^{th}
5^{\text{th}} ;; \binom{5}{2} ;; \binom52 ;; C(5,2) ;; 5C2 ;; 5P2 ;; \vec{5} ;; \overline{5} ;; 0.\overline{5}
0.5\overline{5} ;; 5\overline{5} ;; \ldots 5 ;; 5,\ldots ;; \begin{pmatrix}5\\2\end{pmatrix} ;; 5\\2 ;; 5 & 2
4 5 ;; 5 4 ;; <5 ;; 5> ;; #5 ;; No. 5 ;; (5 ;; 5) ;; [5] ;; 5] ;; 5\circ ;; 5 ab ;; 5abc ;; 5 x ;; 5 n ;; 5 xyz
5 abc ;; 5 \sqrt{2} ;; 5 sqrt 2 ;; sqrt(5) ;; 5 pi ;; 5 sin x ;; 5e ;; 5e^2 ;; e^5 ;; 5^x ;; 5^{x} ;; 5^{1/2}
5^{0.5} ;; 1/5 ;; -5 ;; - 5 ;; 5- ;; 5+ ;; 5\%3 ;; \frac{5} ;; \frac{5}{x} ;; \frac{x}{5} ;; \frac{5x}{2}
\frac{5}{2}x ;; x5 ;; 5 positive integers and 2 more ;; \emptyset ;; none ;; {} ;; 5 over 2 ;; 5 mod 3 ;; base 5
5 base 6 ;; 5 and 0 ;; 5,000 ;; 5 000 ;; 5{,}000 ;; 5e3 ;; the 5 of 3
)",
                                           {"\u00b1"
                                            "5",
                                            "5\u2013"
                                            "10",
                                            "5\n6", "4\n5", "5\u03c0",
                                            "5\u221a"
                                            "2",
                                            "\u221a"
                                            "5",
                                            "5\u00b2", "x\u2085", ""})) {
        EXPECT_FALSE(earns(5, answer)) << answer;
        EXPECT_FALSE(earns("5", answer)) << answer;
    }
    EXPECT_FALSE(earns(2, "\\frac{1}{2}") || earns(2, "x^2") || earns(2, "\\sqrt{2}") || earns(3, "2\\sqrt{3}"));
    EXPECT_FALSE(earns(4, "1, 2, 3, 4") || earns(1, "2n+1") || earns(2, "10^2") || earns(2, "5 cm^2"));
    EXPECT_FALSE(earns(1234, "(1,234)") || earns(234, "1,234") || earns(12345, "1,2345") || earns(123, "0,123"));
    EXPECT_FALSE(earns(25, "12/25") || earns(12, "12/25") || earns("12/25/2024", "12/25"));
}

TEST(answer_value, compares_other_answers_as_text_in_one_spelling) {
    const std::pair<const char*, const char*> same[] = {
        {"\\sqrt{2}", "\\sqrt2"},
        {"\\sqrt{2}", "x = \\sqrt 2"},
        {"2\\sqrt{3}", "2 \\sqrt{3}"},
        {"\\frac{\\sqrt{3}}{2}", "\\dfrac{\\sqrt3}{2}"},
        {"\\frac{\\sqrt{3}}{2}", "\\tfrac{\\sqrt{3}}2"},
        {"\\frac{\\pi}{2}", "\\frac\\pi2"},
        {"(1, 2)", "\\left( 1,2 \\right)"},
        {"(1,2)", "(1,\\, 2)"},
        {"x^2+1", "x^{2} + 1"},
        {"2\\pi", "$2 \\pi$"},
        {"[0, 1)", "\\left[0,\\!1\\right)"},
        {"\\{1,2\\}", "\\left\\{1, 2\\right\\}"},
        {"1,2", "1, 2"},
        {"2n+1", "2n + 1"},
        {"3:4", "3 : 4"},
        {"90 - x", "90-x"},
        {"blue", "\\text{blue}"},
        {"Yes", "yes."},
        {"12/25/2024", "12/25/2024"},
        {"-\\infty", "\u2212\\infty"},
    };
    for (const auto& [reference, answer] : same) EXPECT_TRUE(earns(reference, answer)) << reference << " " << answer;
    const std::pair<const char*, const char*> others[] = {
        {"[0, 1)", "(0,1)"},  {"[0,1]", "[0,1)"},           {"(1,2)", "(2,1)"},         {"A", "a"},
        {"AB", "ab"},         {"x^2+1", "x^2-1"},           {"1 2, 3", "12, 3"},        {"\\sqrt{2}", "2"},
        {"blue", "not blue"}, {"\\frac{x}{2}", "\\frac2x"}, {"x=\\sqrt2", "y=\\sqrt2"}, {"2\\pi", "\\pi"},
    };
    for (const auto& [reference, answer] : others) EXPECT_FALSE(earns(reference, answer)) << reference << " " << answer;
}

TEST(answer_value, compares_units_and_names_where_both_have_one) {
    EXPECT_TRUE(earns("5 cm", "5") && earns("5", "5 cm") && earns("5 cm", "5\\text{ centimeters}"));
    EXPECT_FALSE(earns("5 cm", "5 m") || earns("\\$5", "5 cents"));
    EXPECT_TRUE(earns("5 dollars", "$5") && earns("5 apples", "5 red apples"));
    EXPECT_TRUE(earns("x = 5", "5") && earns("x=5", "x = 5") && earns("5", "The answer is x = 5."));
    EXPECT_FALSE(earns("x = 5", "y = 5"));
    EXPECT_TRUE(earns(3000000, "3 million") && earns(3500000, "\\$3.5 million"));
}

TEST(answer_value, divides_by_a_hundred_for_a_percent_sign_unless_the_data_left_it_out) {
    EXPECT_TRUE(earns("50%", "50\\%") && earns("50\\%", "50 percent") && earns("50%", "0.5") && earns("50%", "1/2"));
    EXPECT_TRUE(earns("50%", "50") && earns(50, "50%") && earns(12.5, "12.5\\%") && earns(0.5, "50%"));
    EXPECT_TRUE(earns("100/3", "33\\frac{1}{3}\\%"));
    EXPECT_FALSE(earns("50%", "5%") || earns("50%", "0.5%") || earns(0.5, "0.5%") || earns("1/3", "1/3%"));
}

TEST(answer_value, reads_references_as_data_sets_write_them) {
    EXPECT_TRUE(earns("He has 5 left.\n#### 1,042", "1042") && earns("#### 42", "42"));
    EXPECT_TRUE(earns("$\\frac{1}{2}$", "0.5") && earns("\\boxed{42}", "42"));
}

TEST(answer_value, is_exact_for_numbers_of_any_size) {
    EXPECT_TRUE(earns("18446744073709551616", "18,446,744,073,709,551,616"));
    EXPECT_FALSE(earns("18446744073709551616", "18446744073709551617"));
    EXPECT_TRUE(earns(18446744073709551615U, "1.8446744073709551615e19") && earns(1e22, "10^{22}"));
    EXPECT_TRUE(earns("10^{100}", "1e100"));
    EXPECT_FALSE(earns("10^{100}", "10^{101}") || earns("1e100", "1e-100"));
    const std::string huge = "1e99999999999999999999999";
    EXPECT_TRUE(earns(huge, huge));
    EXPECT_FALSE(earns(huge, "1e99999999999999999999998") || earns(0, "1e-99999999999999999999"));
    for (const char* zero : {"0", "-0", "0.00", "0/5", "0e5", "0 cm"}) EXPECT_TRUE(earns(0, zero)) << zero;
    EXPECT_TRUE(earns("1/18446744073709551616", "1/18446744073709551616")) << "too large for a fraction: text";
    EXPECT_FALSE(earns("1/18446744073709551616", "1/18446744073709551617"));
    EXPECT_TRUE(earns("1/1024", "0.0009765625") && earns("2^{-10}", "\\frac{1}{1024}"));
    EXPECT_TRUE(earns("2^{-62}", "0.000000000000000000216840434497100886801490560173988342285156250"));
}

std::string digits_in_groups(const std::string& digits, const std::string& separator) {
    std::string grouped;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) grouped += separator;
        grouped += digits[i];
    }
    return grouped;
}

/// over / under in many spellings; `under` is positive, and not 1 for those that are no integers.
std::vector<std::string> spellings(std::int64_t over, std::int64_t under) {
    const std::string sign = over < 0 ? "-" : "", digits = std::to_string(over < 0 ? -over : over);
    std::vector<std::string> all;
    const auto both = [&](const std::string& o, const std::string& u) {
        for (const char* command : {"\\frac", "\\dfrac", "\\tfrac"})
            all.push_back(sign + command + "{" + o + "}{" + u + "}");
        all.push_back(sign + o + "/" + u);
    };
    both(digits, std::to_string(under));
    both(std::to_string((over < 0 ? -over : over) * 3), std::to_string(under * 3));
    std::int64_t whole = under, places = 0, scaled = over < 0 ? -over : over;
    for (; places < 6 && scaled % whole != 0; ++places) scaled *= 10;
    if (scaled % whole == 0) {
        const std::string all_digits = std::to_string(scaled / whole);
        const auto point = static_cast<std::size_t>(places);
        const std::string padded =
            std::string(all_digits.size() > point ? 0 : point + 1 - all_digits.size(), '0') + all_digits;
        const std::string front = padded.substr(0, padded.size() - point), back = padded.substr(padded.size() - point);
        for (const char* separator : {"", ",", "{,}", "\\,", "\\ ", " ", ",\\!", "~", "\u2009", "\u202f"})
            for (const std::string& number :
                 {sign + digits_in_groups(front, separator) + (point > 0 ? "." + back : ""),
                  "x = " + sign + digits_in_groups(front, separator) + (point > 0 ? "." + back + "0" : ".00")})
                for (const auto& [before, after] :
                     std::vector<std::pair<std::string, std::string>>{{"", ""},
                                                                      {"$", "$"},
                                                                      {"\\(", "\\)"},
                                                                      {"", "."},
                                                                      {"", "\\text{ cm}"},
                                                                      {"", " apples"},
                                                                      {"{", "}"},
                                                                      {"\\left(", "\\right)"}}) {
                    if (before == "\\left(" && number.find(',') != std::string::npos) continue;  // a point
                    all.push_back(before + number + after);
                }
        all.push_back(sign + all_digits + "e-" + std::to_string(places));
        all.push_back(sign + all_digits + "0 \\times 10^{-" + std::to_string(places + 1) + "}");
    }
    if (const std::int64_t size = over < 0 ? -over : over; size > under && size % under != 0) {
        const std::string part = std::to_string(size % under);
        all.push_back(sign + std::to_string(size / under) + "\\frac{" + part + "}{" + std::to_string(under) + "}");
        all.push_back(sign + std::to_string(size / under) + " " + part + "/" + std::to_string(under));
    }
    return all;
}

TEST(answer_value, earns_for_the_same_number_in_every_spelling_and_for_no_other) {
    std::vector<std::pair<std::int64_t, std::int64_t>> values;  // all different
    for (const std::int64_t n :
         {0, 1, 2, 3, 5, 10, 12, 42, 100, 123, 234, 1000, 1234, 12345, 100000, 1234567, 987654321})
        for (const std::int64_t sign : {1, -1})
            if (n > 0 || sign > 0) values.emplace_back(sign * n, 1);
    for (const auto& [over, under] : std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 2},
                                                                                        {1, 3},
                                                                                        {2, 3},
                                                                                        {7, 3},
                                                                                        {5, 4},
                                                                                        {12345, 10},
                                                                                        {1, 8},
                                                                                        {22, 7},
                                                                                        {1, 1000},
                                                                                        {1001, 1000},
                                                                                        {100, 3},
                                                                                        {9, 2}})
        for (const std::int64_t sign : {1, -1}) values.emplace_back(sign * over, under);
    std::vector<std::vector<std::string>> spelled;
    for (const auto& [over, under] : values) spelled.push_back(spellings(over, under));
    std::mt19937 random{7};
    std::size_t tried = 0;
    for (std::size_t a = 0; a < values.size(); ++a) {
        const std::vector<std::string>& own = spelled[a];
        for (std::size_t b = 0; b < values.size(); ++b) {
            const std::vector<std::string>& others = spelled[b];
            for (int draw = 0; draw < (a == b ? 400 : 12); ++draw, ++tried) {
                const std::string &reference = own[random() % own.size()], &answer = others[random() % others.size()];
                ASSERT_EQ(earns(reference, answer), a == b) << reference << " and " << answer;
            }
        }
    }
    EXPECT_GT(tried, 30000U);
}

TEST(answer_value, reads_any_text_in_linear_time) {
    const auto start = std::chrono::steady_clock::now();
    for (const char* part :
         {"{",   "(",  "1",  "1,", "\\frac{", "\\frac", "$",      "\\text{", "x=", "1/",    "^",
          "10^", "**", "1 ", "-",  "}",       "1=",     "\\sqrt", "a ",      "=",  "\"",    " is ",
          ":",   "e",  "1e", "\\", "_{",      "\xe2",   "m/",     "(1)",     "1+", "((1)+", "5 apples "}) {
        std::string text;
        while (text.size() < 100'000) text += part;
        for (const char* end : {"", "5"}) detail::read_answer(text + end);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{60});  // quadratic: hours
}

}  // namespace
