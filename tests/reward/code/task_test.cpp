#include <aha/reward/code/task.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include <aha/core/json.hpp>
#include <aha/reward/code/code_runner.hpp>
#include <tests/support/complaint.hpp>

namespace {

using namespace aha::code;
using aha::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

outcome judged(const json& row, const std::string& program) {
    static const aha::code_runner runner{{.limits = {.seconds = 20}}};
    const task read = read_task(row);
    return runner(whole_program(read, program), language::python(), read.tests).result;
}

TEST(task, reads_plain_tests) {
    const task read = read_task(json::parse(R"x({"tests": [{"input": "1", "output": "2"}, "assert f(1) == 2",
        {"harness": "print(f(1))", "output": "2"}, {"checks": "assert f(2)"}], "entry_point": "f"})x"));
    ASSERT_EQ(read.tests.size(), 4U);
    EXPECT_EQ(read.tests[0].input, "1");
    EXPECT_EQ(read.tests[1].checks, "assert f(1) == 2");
    EXPECT_THAT(read.tests[1].names, ElementsAre("f"));
    EXPECT_EQ(read.tests[2].harness, "print(f(1))");
    EXPECT_EQ(read.tests[3].checks, "assert f(2)");
}

TEST(task, reads_rows_like_human_evals) {
    const json row = {{"prompt",
                       "import math\n\ndef helper(x):\n    return x * 2\n\n\ndef twice_root(x: float) -> float:\n"
                       "    \"\"\" Twice the root of x.\n    >>> twice_root(4.0)\n    4.0\n    \"\"\"\n"},
                      {"entry_point", "twice_root"},
                      {"test",
                       "METADATA = {}\n\ndef check(candidate):\n    assert abs(candidate(4.0) - 4.0) < 1e-9\n"
                       "    assert candidate(helper(8)) == 8.0\n"}};
    EXPECT_EQ(judged(row, "    return helper(math.sqrt(x))\n"), outcome::accepted);  // goes on from the prompt
    EXPECT_EQ(judged(row, "def twice_root(x):\n    return 2 * x ** 0.5\n"), outcome::accepted);
    EXPECT_EQ(judged(row, "def twice_root(x):\n    return x\n"), outcome::wrong_answer);
    // The checks use the prompt's own helper, not one that makes them true.
    EXPECT_EQ(judged(row, "def helper(x):\n    return 4\ndef twice_root(x):\n    return 4.0 if x == 4 else 8.0\n"),
              outcome::accepted);
    EXPECT_EQ(judged(row, "def helper(x):\n    return 4\ndef twice_root(x):\n    return 4.0\n"), outcome::wrong_answer);
}

TEST(task, reads_rows_like_mbpps) {
    const json row = {{"text", "Add."},
                      {"code", "def sum(a,b):\r\n  return a + b"},
                      {"test_list", {"assert sum(10,15) == 25", "assert set(sum([2], [3])) == {2, 3}"}},
                      {"test_setup_code", "import math"},
                      {"test_imports", json::array()},
                      {"challenge_test_list", json::array()}};
    EXPECT_EQ(judged(row, "def sum(a, b):\n    return a + b\n"), outcome::accepted);
    EXPECT_EQ(judged(row, "def sum(a, b):\n    return a\n"), outcome::wrong_answer);
    EXPECT_EQ(judged(row, "x = 1\n"), outcome::error);
    EXPECT_EQ(read_task(row).entry_point, "sum");
}

TEST(task, reads_rows_like_apps) {
    const json lines = {{"question", "Add."},
                        {"input_output", R"({"inputs": ["1 2\n", ["3", "4"]], "outputs": ["3\n", ["7"]]})"}};
    EXPECT_EQ(judged(lines, "import sys\nprint(sum(map(int, sys.stdin.read().split())))"), outcome::accepted);
    EXPECT_EQ(judged(lines, "print(3)"), outcome::wrong_answer);
    const json function = {
        {"input_output", R"({"fn_name": "pairs", "inputs": [[[1, 2]], [[3]]], "outputs": [[[1, 2]], [[3]]]})"}};
    EXPECT_EQ(judged(function, "def pairs(x):\n    return tuple(x)"), outcome::accepted);
    EXPECT_EQ(judged(function, "class Solution:\n    def pairs(self, x):\n        return x"), outcome::accepted);
    EXPECT_EQ(judged(function, "def pairs(x):\n    return [1, 2]"), outcome::wrong_answer);
}

TEST(task, refuses_rows_without_sense) {
    const auto said = [](const char* row) { return aha::test::complaint([&] { read_task(json::parse(row)); }); };
    EXPECT_THAT(said(R"({"answer": "1"})"), HasSubstr("none of the fields \"tests\""));
    EXPECT_THAT(said(R"({"tests": []})"), HasSubstr("holds no test"));
    EXPECT_THAT(said(R"({"tests": [3]})"), HasSubstr("holds 3"));
    EXPECT_THAT(said(R"({"tests": "x"})"), HasSubstr("no list"));
    EXPECT_THAT(said(R"({"tests": [{"inptu": "x"}]})"), HasSubstr("\"inptu\""));
    EXPECT_THAT(said(R"({"tests": [{"input": 5, "output": "1"}]})"), HasSubstr("\"input\" holds 5"));
    EXPECT_THAT(said(R"({"test_list": [1]})"), HasSubstr("\"test_list\" holds 1"));
    EXPECT_THAT(said(R"({"input_output": "{"})"), HasSubstr("no object with lists"));
    EXPECT_THAT(said(R"({"input_output": {"inputs": ["1"], "outputs": []}})"), HasSubstr("1 inputs and 0 outputs"));
    EXPECT_THAT(said(R"({"test": "x", "entry_point": ""})"), HasSubstr("entry_point"));
    EXPECT_THAT(aha::test::complaint([] { read_task(json::object(), task_layout::mbpp); }), HasSubstr("\"test_list\""));
    EXPECT_THAT(aha::test::complaint([] { read_task(json::array()); }), HasSubstr("with fields"));
}

}  // namespace
