// A program that somebody wrote, run in a sandbox; without LibTorch.
#include <aha/reward/code/code_runner.hpp>
#include <iostream>
#include <vector>

int main() {
    const std::vector<aha::code::test> tests{{.input = "20 22", .output = "42"}};
    const aha::code::verdict said =
        aha::code_runner{}("a, b = map(int, input().split())\nprint(a + b)", aha::code::language::python(), tests);
    std::cout << to_string(said.result) << ", " << said.passed << " of " << said.tests << '\n';
}
