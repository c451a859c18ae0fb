#include <aha/core/error.hpp>

#include <gtest/gtest.h>
#include <string>
#include <type_traits>

namespace {

TEST(error, fail_streams_its_parts_into_one_sentence) {
    try {
        aha::fail("line ", 12, ": ", 1.5, " is no ", std::string{"integer"}, '!');
        FAIL();
    } catch (const aha::error& e) {
        EXPECT_STREQ(e.what(), "line 12: 1.5 is no integer!");
    }
    static_assert(std::is_base_of_v<std::runtime_error, aha::error>);
}

/// Counts how often it is written out.
struct counted {
    int* written;
    friend std::ostream& operator<<(std::ostream& out, const counted& c) { return ++*c.written, out << "counted"; }
};

TEST(error, require_throws_unless_its_condition_holds_and_formats_nothing_if_it_does) {
    int written = 0;
    EXPECT_NO_THROW(aha::require(true, counted{&written}));
    EXPECT_EQ(written, 0);
    try {
        aha::require(2 < 1, "it is ", counted{&written});
        FAIL();
    } catch (const aha::error& e) {
        EXPECT_STREQ(e.what(), "it is counted");
    }
    EXPECT_EQ(written, 1);
}

}  // namespace
