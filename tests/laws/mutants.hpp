#pragma once

#include <array>
#include <cstddef>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include <aha/testing/laws/law.hpp>

namespace aha::test {

/// A broken implementation by the law that it is meant to break, and the laws that it breaks.
struct mutant {
    std::string meant;
    std::vector<std::string> broken;
};

template <std::size_t N>
mutant mutant_of(std::string meant, const std::array<testing::law, N>& laws) {
    mutant m{std::move(meant), {}};
    for (const testing::law& one : laws)
        if (!one.broken().empty()) m.broken.emplace_back(one.name);
    return m;
}

/// Each law has a mutant that it catches and that every other law lets pass, so no law can be done without.
template <std::size_t N>
void expect_a_mutant_for_each_law(const std::array<testing::law, N>& laws, const std::vector<mutant>& mutants) {
    std::vector<std::string> names, meant;
    for (const testing::law& one : laws) names.emplace_back(one.name);
    for (const mutant& m : mutants) {
        meant.push_back(m.meant);
        EXPECT_THAT(m.broken, ::testing::ElementsAre(m.meant));
    }
    EXPECT_THAT(meant, ::testing::UnorderedElementsAreArray(names)) << "each law needs a mutant";
}

}  // namespace aha::test
