#include <aha/testing/register_laws.hpp>

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <source_location>
#include <string>
#include <vector>

namespace aha::testing {
namespace {

using ::testing::ElementsAre;

std::string holds() { return {}; }
std::string is_broken() { return "gives 4 for \"2 + 1\""; }

const std::array<law, 2> laws{{{"adds_up", holds}, {"is_a_number", holds}}};
const int line = __LINE__ + 1;
const bool registered = register_laws("made_up_laws/sum", laws);

const ::testing::TestSuite* suite_named(const std::string& name) {
    const ::testing::UnitTest& all = *::testing::UnitTest::GetInstance();
    for (int i = 0; i < all.total_test_suite_count(); ++i)
        if (all.GetTestSuite(i)->name() == name) return all.GetTestSuite(i);
    return nullptr;
}

TEST(register_laws, makes_a_test_of_each_law_at_the_line_that_asks) {
    EXPECT_TRUE(registered);
    const ::testing::TestSuite* const suite = suite_named("made_up_laws/sum");
    ASSERT_NE(suite, nullptr);
    std::vector<std::string> names;
    for (int i = 0; i < suite->total_test_count(); ++i) {
        const ::testing::TestInfo& test = *suite->GetTestInfo(i);
        names.emplace_back(test.name());
        EXPECT_STREQ(test.file(), __FILE__);
        EXPECT_EQ(test.line(), line);
    }
    EXPECT_THAT(names, ElementsAre("adds_up", "is_a_number"));
}

TEST(register_laws, a_broken_law_fails_with_its_sentence_and_that_line) {
    ::testing::TestPartResultArray results;
    const std::source_location here = std::source_location::current();
    {
        const ::testing::ScopedFakeTestPartResultReporter caught{
            ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &results};
        law_test{{"adds_up", is_broken}, here}.TestBody();
        law_test{{"adds_up", holds}, here}.TestBody();
    }
    ASSERT_EQ(results.size(), 1);
    const ::testing::TestPartResult& failure = results.GetTestPartResult(0);
    EXPECT_TRUE(failure.nonfatally_failed());
    EXPECT_STREQ(failure.file_name(), __FILE__);
    EXPECT_EQ(failure.line_number(), static_cast<int>(here.line()));
    EXPECT_THAT(failure.message(), ::testing::HasSubstr("gives 4 for \"2 + 1\""));
}

}  // namespace
}  // namespace aha::testing
