// A user's program without tensors.
#include <aha/reward/format.hpp>
#include <aha/reward/last_integer.hpp>
#include <iostream>

int main() {
    aha::completion answer;
    answer.text = "<think> 1 + 2 </think> <answer> 3 </answer>";
    std::cout << "format " << static_cast<double>(aha::format_reward{}(aha::prompt{}, answer)) << ", answer "
              << *aha::last_integer(answer.text) << '\n';
    return 0;
}
