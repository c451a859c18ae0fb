#include <aha/reward/code/program_text.hpp>

#include <gtest/gtest.h>
#include <optional>
#include <string>

namespace {

using aha::code::language;
using aha::code::program_place;
using aha::code::program_text;

const language python = language::python();

TEST(program_text, is_the_last_block) {
    EXPECT_EQ(program_text("Try:\n```python\na = 1\n```\nBetter:\n```python\na = 2\nb = 3\n```\nDone.", python),
              "a = 2\nb = 3\n");
    EXPECT_EQ(program_text("```\na = 1\n```", python), "a = 1\n");
    EXPECT_EQ(program_text("```Python3 title=\"x\"\r\na = 1\r\n```\r\n", python), "a = 1\r\n");
    EXPECT_EQ(program_text("  ~~~ py\n  a\n  ~~~", python), "  a\n");
}

TEST(program_text, is_no_block_of_another_language) {
    EXPECT_EQ(program_text("```python\na = 1\n```\nIt prints\n```text\n1\n```", python), "a = 1\n");
    EXPECT_EQ(program_text("```cpp\nint a;\n```", python), std::nullopt);
    EXPECT_EQ(program_text("```cpp\nint a;\n```", language::cpp()), "int a;\n");
    EXPECT_EQ(program_text("```c++\nint a;\n```", language::cpp()), "int a;\n");
}

TEST(program_text, is_no_block_that_does_not_end) {
    EXPECT_EQ(program_text("```python\na = 1\n```\n```python\na =", python), "a = 1\n");
    EXPECT_EQ(program_text("```python\na = 1", python), std::nullopt);
    EXPECT_EQ(program_text("", python), std::nullopt);
}

TEST(program_text, keeps_shorter_fences_inside) {
    EXPECT_EQ(program_text("````python\ns = '''\n```\n'''\n````", python), "s = '''\n```\n'''\n");
    EXPECT_EQ(program_text("~~~python\n```\n~~~", python), "```\n");
    EXPECT_EQ(program_text("```python\nx = 1 # ```\n```", python), "x = 1 # ```\n");
}

TEST(program_text, is_not_what_was_thought) {
    EXPECT_EQ(program_text("<think>\n```python\na = 1\n```\n</think>\nNo program.", python), std::nullopt);
    EXPECT_EQ(program_text("<think>\n```python\na = 1\n```\n</think>\n```\na = 2\n```", python), "a = 2\n");
}

TEST(program_text, is_all_of_the_text_where_one_says_so) {
    EXPECT_EQ(program_text("a = 1", python, program_place::all), "a = 1");
    EXPECT_EQ(program_text("a = 1", python, program_place::last_block_or_all), "a = 1");
    EXPECT_EQ(program_text("so\n```\na = 1\n```", python, program_place::last_block_or_all), "a = 1\n");
    EXPECT_EQ(program_text("<think>x</think>a = 1", python, program_place::all), "a = 1");
}

}  // namespace
