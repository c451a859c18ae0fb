#include <aha/reward/last_boxed.hpp>

#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using aha::last_boxed;

TEST(last_boxed, gives_the_content_of_the_last_box) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {R"(\boxed{12})", "12"},
        {R"(so $\boxed{ 12 }$.)", "12"},
        {R"(\boxed{1} then \boxed{2})", "2"},
        {R"(\boxed{1} then \fbox{2})", "2"},
        {R"(\fbox{1} then \boxed{2})", "2"},
        {R"(\boxed{\frac{1}{2}})", R"(\frac{1}{2})"},
        {R"(\boxed {3})", "3"},
        {R"(\boxed{\boxed{3}})", "3"},
        {R"(\boxed{a \fbox{b} c})", "b"},
        {R"(\boxed{})", ""},
        {R"(\boxed{\left\{1, 2\right.})", R"(\left\{1, 2\right.)"},
        {R"(\boxed{1} see \boxed)", "1"},
        {R"(\boxed{1} see \boxedtext{2})", "1"},
        {"\\boxed{\u00e9\u221a2}", "\u00e9\u221a2"},
    };
    for (const auto& [text, content] : cases) EXPECT_EQ(last_boxed(text), content) << text;
}

TEST(last_boxed, gives_nothing_for_no_box_or_one_that_is_not_closed) {
    for (const std::string_view text :
         {"", "boxed{1}", R"(\boxed)", R"(\boxed 12)", R"(\boxed{1)", R"(\boxed{1} \boxed{2)", R"(\boxed{\frac{1}{2})",
          R"(\boxed{1\})", R"(\boxed{\)"})
        EXPECT_EQ(last_boxed(text), std::nullopt) << text;
}

TEST(last_boxed, reads_long_texts_in_linear_time) {
    std::string open, closed, commands;
    while (open.size() < 10'000'000) open += "\\boxed{", commands += "\\boxed ";
    EXPECT_EQ(last_boxed(open), std::nullopt);
    EXPECT_EQ(last_boxed(commands), std::nullopt);
    EXPECT_EQ(last_boxed("\\boxed{" + std::string(5'000'000, '{') + std::string(5'000'000, '}') + "}")->size(),
              10'000'000);
}

}  // namespace
