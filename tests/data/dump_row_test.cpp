#include <aha/data/dump_row.hpp>

#include <gtest/gtest.h>
#include <limits>
#include <string>

#include <aha/files/json_parser.hpp>

#include <tests/support/described_json.hpp>

namespace {

TEST(dump_row, writes_what_python_writes_and_ours_reads_back) {
    const double most = std::numeric_limits<double>::infinity();
    const aha::json row = {{"b", {std::numeric_limits<double>::quiet_NaN(), most, -most, 1.5, -0.0}},
                           {"a", {{"é\"\n", nullptr}, {"list", aha::json::array()}, {"none", aha::json::object()}}},
                           {"n", 18446744073709551615ULL}};
    // json.dumps(row, ensure_ascii=False, separators=(",", ":")), Python 3.11
    EXPECT_EQ(
        aha::detail::dump_row(row),
        R"({"b":[NaN,Infinity,-Infinity,1.5,-0.0],"a":{"é\"\n":null,"list":[],"none":{}},"n":18446744073709551615})");
    EXPECT_EQ(aha::test::described(aha::detail::parse_json(aha::detail::dump_row(row), "here")),
              aha::test::described(row));
    EXPECT_THROW(aha::detail::dump_row(aha::json{{"a", "\xff"}}), nlohmann::json::exception);
    EXPECT_THROW(aha::detail::dump_row(aha::json{{"\xff", 1}}), nlohmann::json::exception);
}

}  // namespace
