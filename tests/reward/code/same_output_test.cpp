#include <aha/reward/code/same_output.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tests/support/complaint.hpp>

namespace {

using aha::code::output_comparison;
using aha::code::same_output;
using ::testing::HasSubstr;

TEST(same_output, compares_lines_without_their_ends) {
    EXPECT_TRUE(same_output("1 2\n3\n", "1 2  \r\n3\n\n"));
    EXPECT_TRUE(same_output("", "\n \n"));
    EXPECT_FALSE(same_output("1 2\n3\n", "1\n2 3\n"));
    EXPECT_FALSE(same_output("1  2", "1 2"));
    EXPECT_FALSE(same_output(" 1", "1"));
    EXPECT_FALSE(same_output("1", "1\n1"));
    EXPECT_FALSE(same_output("1", ""));
}

TEST(same_output, compares_words) {
    const output_comparison words{.by_words = true};
    EXPECT_TRUE(same_output("1 2\n3\n", "1\n2\t3", words));
    EXPECT_FALSE(same_output("1 2", "12", words));
    EXPECT_FALSE(same_output("1 2", "1 2 3", words));
}

TEST(same_output, compares_numbers) {
    const output_comparison near{.tolerance = 1e-6};
    EXPECT_TRUE(same_output("0.3333333333 yes", "0.33333334 yes", near));
    EXPECT_TRUE(same_output("1e9", "1000000100.0", near));
    EXPECT_FALSE(same_output("0.3333333333 yes", "0.3334 yes", near));
    EXPECT_FALSE(same_output("0.5 yes", "0.5 no", near));
    EXPECT_FALSE(same_output("1", "nan", near));
    EXPECT_FALSE(same_output("1", "1.0"));
    EXPECT_TRUE(same_output("1", "1.0", {.by_words = true, .tolerance = 1e-9}));
    EXPECT_THAT(aha::test::complaint([] { output_comparison{.tolerance = -1}.validate(); }), HasSubstr("not -1"));
}

}  // namespace
