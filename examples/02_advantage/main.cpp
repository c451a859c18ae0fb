// An advantage: how the answers to one question compare. What is better than its group is made likelier, what is worse
// less likely; how much is for the advantage to say.
#include <aha/advantage/group_relative.hpp>
#include <aha/concepts/advantage.hpp>
#include <aha/testing/laws/advantage_laws.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>

//! [advantage]
/// Each score less the group's median: one lucky answer does not make all others look bad.
struct median_centered {
    std::vector<double> operator()(std::span<const aha::score> scores) const {
        std::vector<double> applicable;
        for (const aha::score& s : scores)
            if (s.applicable) applicable.push_back(s.value);
        std::ranges::sort(applicable);
        std::vector<double> advantages;
        for (const aha::score& s : scores)
            advantages.push_back(s.applicable ? s.value - applicable[applicable.size() / 2] : 0.0);
        return advantages;
    }
};
static_assert(aha::require_advantage<median_centered>());  // says what to write if something is missing
//! [advantage]

//! [laws]
struct median_case {
    static median_centered make() { return {}; }
    static constexpr bool shift_invariant = true;
};
//! [laws]

int main() {
    const std::vector<aha::score> scores{0.0, 0.0, 0.1, 1.0};
    const std::vector<double> ours = median_centered{}(scores), grpo = aha::group_relative{}(scores);
    std::cout << "score  median_centered  group_relative\n";
    for (std::size_t i = 0; i < scores.size(); ++i)
        std::printf("%5.1f %16.2f %15.2f\n", scores[i].value, ours[i], grpo[i]);
    std::fflush(stdout);
    //! [check]
    for (const aha::testing::law& law : aha::testing::advantage_laws::all<median_case>())
        if (const std::string broken = law.broken(); !broken.empty()) std::cout << law.name << ": " << broken << '\n';
    //! [check]
    std::cout << "the laws of an advantage hold\n";
}
