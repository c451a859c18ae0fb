#include <aha/core/records.hpp>

#include <gtest/gtest.h>

namespace {

TEST(prompt, gives_the_fields_of_its_data_row_and_names_the_one_it_lacks) {
    aha::prompt p;
    p.index = 31;
    p.fields = {{"answer", "42"}, {"level", 3}};
    EXPECT_EQ(p["answer"], "42");
    EXPECT_EQ(p["level"].get<int>(), 3);
    try {
        p["solution"];
        FAIL();
    } catch (const aha::error& e) {
        EXPECT_STREQ(e.what(), "prompt 31 has no field \"solution\"");
    }
}

TEST(score, is_a_number_with_parts_or_says_nothing) {
    const aha::score number = 0.5;
    EXPECT_EQ(number.value, 0.5);
    EXPECT_TRUE(number.applicable);
    EXPECT_TRUE(number.parts.empty());
    const aha::score sum{1.5, {{"accuracy", 1}, {"format", 0.5}}};
    EXPECT_EQ(sum.parts.at(1).first, "format");
    EXPECT_FALSE(aha::score::not_applicable().applicable);
}

TEST(finish_reason, has_a_word_for_files) {
    EXPECT_EQ(aha::to_string(aha::finish_reason::end_token), "end_token");
    EXPECT_EQ(aha::to_string(aha::finish_reason::stop_string), "stop_string");
    EXPECT_EQ(aha::to_string(aha::finish_reason::length), "length");
}

}  // namespace
