#pragma once

#include <array>
#include <cstddef>
#include <gtest/gtest.h>
#include <source_location>
#include <string>

#include <aha/testing/laws/law.hpp>

/// The laws as GoogleTest's tests.
namespace aha::testing {

/// The test of one law. It fails with the law's sentence, at the line that registered it.
class law_test : public ::testing::Test {
public:
    law_test(law one, std::source_location registered) : law_{one}, registered_{registered} {}

    /// Asks the law.
    void TestBody() override {
        if (const std::string sentence = law_.broken(); !sentence.empty())
            ADD_FAILURE_AT(registered_.file_name(), static_cast<int>(registered_.line())) << sentence;
    }

private:
    law law_;
    std::source_location registered_;
};

/// Makes a GoogleTest test `suite.NAME` of each law, before `main` if a variable of a test's namespace says so:
///
///     const bool registered = register_laws("my_reward", reward_laws::all<my_case>());
///
/// A suite's name is that of one implementation, as it is written before a filter's dot. Gives true.
template <std::size_t N>
bool register_laws(const std::string& suite, const std::array<law, N>& laws,
                   std::source_location where = std::source_location::current()) {
    for (const law& one : laws)
        // GoogleTest owns what the function makes, and takes the fixture's class from its type.
        ::testing::RegisterTest(suite.c_str(), std::string{one.name}.c_str(), nullptr, nullptr, where.file_name(),
                                static_cast<int>(where.line()), [one, where]() -> law_test* {
                                    return new law_test{one, where};
                                });
    return true;
}

}  // namespace aha::testing
