#include <aha/reward/code/code_runner.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include <tests/support/complaint.hpp>

namespace {

using namespace aha::code;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests_of = std::vector<test>;

const aha::code_runner& runner() {
    static const aha::code_runner made{{.limits = {.seconds = 20}}};
    return made;
}

verdict python(const std::string& program, const tests_of& tests) {
    return runner()(program, language::python(), tests);
}
verdict cpp(const std::string& program, const tests_of& tests) { return runner()(program, language::cpp(), tests); }

const std::string sum_in_cpp =
    "#include <iostream>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n";

TEST(code_runner, runs_programs_in_python_and_cpp) {
    const tests_of tests{{.input = "1 2\n", .output = "3\n"}, {.input = "20 22\n", .output = "42"}};
    for (const verdict& said :
         {python("a, b = map(int, input().split())\nprint(a + b)\n", tests), cpp(sum_in_cpp, tests)}) {
        EXPECT_EQ(said.result, outcome::accepted) << said.reason;
        EXPECT_EQ(said.passed, 2U);
        EXPECT_EQ(said.tests, 2U);
        EXPECT_FALSE(said.failing_test.has_value());
    }
}

TEST(code_runner, says_which_test_fails_and_why) {
    const tests_of tests{{.input = "1", .output = "1"}, {.input = "2", .output = "4"}, {.input = "3", .output = "3"}};
    const verdict said = python("print(input())", tests);
    EXPECT_EQ(said.result, outcome::wrong_answer);
    EXPECT_EQ(said.failing_test, 1U);
    EXPECT_EQ(said.passed, 1U);
    EXPECT_EQ(said.reason, "it wrote 2");
    const aha::code_runner all{{.all_tests = true}};
    const verdict partly = all("print(input())", language::python(), tests);
    EXPECT_EQ(partly.passed, 2U);
    EXPECT_EQ(partly.failing_test, 1U);
    EXPECT_EQ(partly.result, outcome::wrong_answer);
}

TEST(code_runner, tells_failures_apart) {
    const tests_of one{{.output = "1"}};
    EXPECT_EQ(python("print(1", one).result, outcome::error);
    EXPECT_EQ(python("import sys\nprint(1)\nsys.exit(1)", one).result, outcome::error);
    EXPECT_EQ(python("bytearray(1 << 40)", one).result, outcome::out_of_memory);
    EXPECT_EQ(cpp("int main() {", one).result, outcome::compile_error);
    EXPECT_THAT(cpp("int main() {", one).reason, HasSubstr("expected"));
    EXPECT_EQ(cpp("#include <vector>\nint main() { std::vector<char> v(1L << 40); return v[1]; }", one).result,
              outcome::out_of_memory);
    EXPECT_EQ(cpp("#include <cstdlib>\nint main() { std::abort(); }", one).result, outcome::error);
    EXPECT_EQ(cpp("int main() { int* p = nullptr; *(volatile int*)p = 1; }", one).reason, "it ended with status 139");
    const aha::code_runner quick{{.limits = {.seconds = 1, .output = 1000}}};
    EXPECT_EQ(quick("while True: pass", language::python(), one).result, outcome::out_of_time);
    const verdict loud = quick("print('1' * 100000)", language::python(), one);
    EXPECT_EQ(loud.result, outcome::error);
    EXPECT_EQ(loud.reason, "it wrote more than it may");
}

TEST(code_runner, cannot_be_led_to_read_the_compilers_files) {
    const verdict said = cpp("#include \"/etc/passwd\"\nint main() {}", {{.output = ""}});
    EXPECT_EQ(said.result, outcome::compile_error);
    EXPECT_THAT(said.reason, HasSubstr("No such file"));
}

TEST(code_runner, puts_a_harness_behind_the_program) {
    EXPECT_EQ(python("def f(x): return x * x", {{.output = "25", .harness = "print(f(5))"}}).result, outcome::accepted);
    EXPECT_EQ(cpp("int f(int x) { return x * x; }",
                  {{.output = "25", .harness = "#include <iostream>\nint main() { std::cout << f(5); }"}})
                  .result,
              outcome::accepted);
}

TEST(code_runner, compiles_a_program_once) {
    const aha::code_runner fresh;
    const std::vector<test> tests(5, {.input = "1 2", .output = "3"});
    std::vector<verdict> said(4);
    std::vector<std::thread> threads;
    for (verdict& one : said) threads.emplace_back([&] { one = fresh(sum_in_cpp, language::cpp(), tests); });
    for (std::thread& one : threads) one.join();
    for (const verdict& one : said) EXPECT_EQ(one.passed, 5U) << one.reason;
}

TEST(code_runner, takes_a_language_of_a_few_lines) {
    const language shell{.name = "shell", .fences = {"sh"}, .file = "main.sh", .run = {"/bin/sh", "/box/main.sh"}};
    const verdict said =
        runner()("read a; echo $((a + 1))", shell, std::vector<test>{{.input = "41\n", .output = "42"}});
    EXPECT_EQ(said.result, outcome::accepted) << said.reason;
    const verdict absent = runner()("x", language{.name = "none", .file = "x", .run = {"/usr/bin/no-such"}},
                                    std::vector<test>{{.output = "42"}});
    EXPECT_EQ(absent.result, outcome::error);
    EXPECT_THAT(absent.reason, HasSubstr("no-such"));
}

TEST(code_checks, call_the_program) {
    const std::string program =
        "class Pair:\n"
        "    def __init__(self, a, b): self.a, self.b = a, b\n"
        "def best(pairs): return max(pairs, key=lambda pair: pair.a).b\n"
        "def values(): return (1, [2.5, float('inf')], {'a': None, 3: {4}}, b'x', 2**70, 'ä\\n', 1j)\n"
        "def bad(x): raise ValueError('no ' + str(x))\n"
        "def count(n):\n    for i in range(n): yield i\n"
        "def sum(a, b): return a - b\n";
    const tests_of tests{
        {.checks = "assert best([Pair(1, 'x'), Pair(5, 'y')]) == 'y'"},
        {.checks = "assert values() == (1, [2.5, float('inf')], {'a': None, 3: {4}}, b'x', 2**70, 'ä\\n', 1j)"},
        {.checks =
             "try:\n    bad(3)\n    assert False\nexcept ValueError as problem:\n    assert str(problem) == 'no 3'"},
        {.checks = "assert list(count(3)) == [0, 1, 2]"},
        {.checks = "assert sum(5, 2) == 3", .names = {"sum"}},
        {.checks = "assert sum([5, 2]) == 7 and _program.sum(5, 2) == 3"},
        {.checks = "assert Pair(3, 4).a == 3"},
    };
    const verdict said = python(program, tests);
    EXPECT_EQ(said.result, outcome::accepted) << said.reason;
    EXPECT_EQ(said.passed, tests.size());
}

// A program that wants a reward without an answer.
TEST(code_checks, cannot_be_won_by_cheating) {
    const struct {
        const char *what, *program;
        outcome said;
    } cases[] = {
        {"equal to all", "class Any:\n    def __eq__(self, other): return True\ndef f(x): return Any()",
         outcome::wrong_answer},
        {"a number equal to all",
         "class Any(int):\n    def __eq__(self, other): return True\n"
         "    def __hash__(self): return 0\ndef f(x): return Any(3)",
         outcome::wrong_answer},
        {"an early end", "import sys\nsys.exit(0)", outcome::error},
        {"an end in a call", "import os\ndef f(x): os._exit(0)", outcome::error},
        {"Python's own functions",
         "import builtins\nbuiltins.all = lambda x: True\ndef all(x): return True\n"
         "def f(x): return 3",
         outcome::wrong_answer},
        {"a failed assertion of its own", "def f(x): raise AssertionError()", outcome::error},
        {"the checks' names", "import sys\nsys.modules['__main__'].assertions = 0\ndef f(x): return 3",
         outcome::wrong_answer},
        {"the checks' text", "import glob\ndef f(x): return 5 if glob.glob('/box/check*') else 3",
         outcome::wrong_answer},
        {"what is expected, on the stack",
         "import sys\ndef f(x):\n    frame = sys._getframe()\n    while frame:\n"
         "        if 'tests' in frame.f_locals: return 5\n        frame = frame.f_back\n"
         "    return 3",
         outcome::wrong_answer},
        {"a report in the checks' place", "print('[\"accepted\", \"\"]')\ndef f(x): return 3", outcome::wrong_answer},
        {"an answer before it is asked", "import os\nos.write(4, b'[\"value\", 3]\\n' * 9)\ndef f(x): return 3",
         outcome::error},
        {"no end", "def f(x):\n    while True: pass", outcome::out_of_time},
    };
    const aha::code_runner quick{{.limits = {.seconds = 2}}};
    for (const auto& one : cases) {
        const verdict said = quick(one.program, language::python(),
                                   tests_of{{.checks = "assert all([f(2) == 5])"}, {.checks = "assert f(3) == 5"}});
        EXPECT_NE(said.result, outcome::accepted) << one.what;
        EXPECT_EQ(said.result, one.said) << one.what << ": " << to_string(said.result) << ", " << said.reason;
        EXPECT_EQ(said.passed, 0U) << one.what;
    }
}

TEST(code_checks, tell_failures_apart) {
    EXPECT_EQ(python("def f(x: return 3", {{.checks = "assert f(2) == 5"}}).result, outcome::compile_error);
    EXPECT_EQ(python("def f(x): return bytearray(1 << 40)", {{.checks = "assert f(2) == 5"}}).result,
              outcome::out_of_memory);
    EXPECT_EQ(python("def g(x): return 5", {{.checks = "assert f(2) == 5"}}).result, outcome::error);
    EXPECT_THAT(python("def g(x): return 5", {{.checks = "assert f(2) == 5"}}).reason, HasSubstr("NameError"));
    EXPECT_EQ(python("raise KeyError(1)", {{.checks = "assert f(2) == 5"}}).result, outcome::error);
}

TEST(code_runner, refuses_what_makes_no_sense) {
    const auto with = [](aha::code_options options) {
        return aha::test::complaint([&] { aha::code_runner{std::move(options)}; });
    };
    EXPECT_THAT(with({.limits = {.seconds = -1}}), HasSubstr("not -1"));
    EXPECT_THAT(with({.at_a_time = 0}), HasSubstr("at_a_time must be positive, not 0"));
    EXPECT_THAT(with({.cache = -5}), HasSubstr("not -5"));
    EXPECT_THAT(aha::test::complaint([] { python("print(1)", {}); }), HasSubstr("without tests"));
    EXPECT_THAT(aha::test::complaint([] { python("print(1)", {{.output = "1", .checks = "assert f()"}}); }),
                HasSubstr("either checks or an output"));
    EXPECT_THAT(aha::test::complaint([] { cpp("int main() {}", {{.checks = "assert f()"}}); }), HasSubstr("c++"));
    EXPECT_THAT(
        aha::test::complaint([] { runner()("x", language{.name = "x", .file = "y"}, tests_of{{.output = "1"}}); }),
        HasSubstr("needs a command"));
}

}  // namespace
