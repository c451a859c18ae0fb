// What one rank puts into bytes, another takes out, bit for bit.
#include <bit>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <aha/dist/bytes.hpp>

#include <tests/support/complaint.hpp>

namespace {

using aha::detail::byte_reader;
using aha::detail::byte_writer;
using aha::test::complaint;
using testing::HasSubstr;

TEST(bytes, arrive_as_they_were_sent) {
    const double no_number = std::bit_cast<double>(std::uint64_t{0x7ff8'0000'0000'1234});
    const std::map<std::string, double> sums{{"clip", 0.25}, {"kl", -std::numeric_limits<double>::infinity()}};
    const std::vector<std::pair<std::string, double>> parts{{"b", 2.0}, {"a", 1.0}};
    byte_writer mine;
    mine.put(no_number), mine.put(std::string{"a\0b", 3}), mine.put(std::vector<float>{}), mine.put(true);
    mine.put_pairs(sums), mine.put_pairs(parts), mine.put(std::vector<std::int64_t>{1, -2});
    const std::string sent = mine.take();

    byte_reader theirs{sent};
    EXPECT_EQ(std::bit_cast<std::uint64_t>(theirs.get<double>()), 0x7ff8'0000'0000'1234U);
    EXPECT_EQ(theirs.get<std::string>(), (std::string{"a\0b", 3}));
    EXPECT_TRUE(theirs.get<std::vector<float>>().empty());
    EXPECT_TRUE(theirs.get<bool>());
    EXPECT_EQ((theirs.get_pairs<std::map<std::string, double>>()), sums);
    EXPECT_EQ((theirs.get_pairs<std::vector<std::pair<std::string, double>>>()), parts);
    EXPECT_FALSE(theirs.done());
    EXPECT_EQ(theirs.get<std::vector<std::int64_t>>(), (std::vector<std::int64_t>{1, -2}));
    EXPECT_TRUE(theirs.done());
}

TEST(bytes, that_end_early_are_a_sentence) {
    byte_writer mine;
    mine.put(std::vector<double>{1, 2, 3});
    const std::string sent = mine.take();
    for (const std::size_t kept : {std::size_t{0}, std::size_t{7}, std::size_t{8}, sent.size() - 1})
        EXPECT_THAT(complaint([&] { byte_reader{std::string_view{sent}.substr(0, kept)}.get<std::vector<double>>(); }),
                    HasSubstr("the bytes of another rank end early"))
            << kept;
    byte_writer long_one;
    long_one.put(std::numeric_limits<std::uint64_t>::max());
    const std::string claimed = long_one.take();
    EXPECT_THAT(complaint([&] { byte_reader{claimed}.get<std::string>(); }), HasSubstr("end early"));
}

}  // namespace
