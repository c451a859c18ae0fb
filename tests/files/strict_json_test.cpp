#include <aha/files/strict_json.hpp>

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <string>

#include <aha/core/error.hpp>
#include <aha/files/json_parser.hpp>

#include "tests/support/complaint.hpp"
#include "tests/support/described_json.hpp"

namespace {

using aha::detail::json_numbers;
using aha::detail::parse_strict_json;
using aha::test::complaint;

nlohmann::ordered_json python(const std::string& text) {
    return parse_strict_json<nlohmann::ordered_json>(text, "file", json_numbers::as_python);
}

// The values are those of Python's json.loads.
TEST(strict_json, reads_the_numbers_that_python_writes) {
    const auto read = python(R"({"a": NaN, "b": [1, -Infinity, 2.5e-3, Infinity, "NaN \" Infinity", -3], "NaN": 7})");
    constexpr double infinity = std::numeric_limits<double>::infinity();
    EXPECT_TRUE(std::isnan(read["a"].get<double>()));
    EXPECT_EQ(read["b"][0], 1);
    EXPECT_EQ(read["b"][1].get<double>(), -infinity);
    EXPECT_EQ(read["b"][2], 2.5e-3);
    EXPECT_EQ(read["b"][3].get<double>(), infinity);
    EXPECT_EQ(read["b"][4], "NaN \" Infinity");
    EXPECT_EQ(read["b"][5], -3);
    EXPECT_EQ(read["NaN"], 7);
    EXPECT_TRUE(std::isnan(python("NaN").get<double>()));
    EXPECT_TRUE(std::isnan(python(R"(["\\", NaN])")[1].get<double>()));
    EXPECT_TRUE(std::isnan(python("[true, null, -0, NaN]")[3].get<double>()));
}

// json.loads refuses them too; the byte is where the text goes wrong.
TEST(strict_json, refuses_what_python_refuses) {
    for (const auto& [text, byte] : std::initializer_list<std::pair<const char*, int>>{{"[1NaN]", 3},
                                                                                       {"[NaN1]", 5},
                                                                                       {"[-NaN]", 3},
                                                                                       {"[NaNNaN]", 5},
                                                                                       {"[5-Infinity]", 3},
                                                                                       {"[+Infinity]", 2},
                                                                                       {"[xNaN]", 2},
                                                                                       {"[NaN", 5},
                                                                                       {"[\"NaN", 6},
                                                                                       {"[1.NaN]", 4},
                                                                                       {"[nan]", 2}})
        EXPECT_THAT(complaint([given = text] { python(given); }),
                    testing::StartsWith("file: not valid JSON at byte " + std::to_string(byte) + ": "))
            << text;
    EXPECT_EQ(complaint([] { python(R"({"a": NaN, "a": 1})"); }), "file: the key \"a\" is given twice");
    EXPECT_EQ(complaint([] { parse_strict_json("[NaN]", "file"); }),
              "file: not valid JSON at byte 2: 'N' where a value belongs");
    EXPECT_EQ(complaint([] { parse_strict_json("[-1e400]", "file"); }),
              "file: not valid JSON: the number -1e400 is too large");
    EXPECT_EQ(complaint([] { parse_strict_json("[-Infinity]", "file"); }),
              "file: not valid JSON at byte 3: 'I' where a digit belongs");
}

// What transformers writes as model_max_length where there is none, int(1e30).
TEST(strict_json, rounds_integers_of_more_than_64_bits) {
    EXPECT_EQ(parse_strict_json("1000000000000000019884624838656", "file"), 1e30);
    EXPECT_EQ(parse_strict_json("-9223372036854775809", "file"), -9223372036854775808.0);
    EXPECT_EQ(parse_strict_json("18446744073709551615", "file"), 18446744073709551615ULL);
    EXPECT_THAT(complaint([] { parse_strict_json(std::string(400, '9'), "file"); }),
                testing::HasSubstr("9999... is too large"));
}

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
