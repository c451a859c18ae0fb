#include <aha/files/json_parser.hpp>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>

#include <tests/support/complaint.hpp>
#include <tests/support/described_json.hpp>

namespace {

using aha::detail::parse_json;
using testing::AnyOf;
using testing::HasSubstr;
using testing::StartsWith;

/// What Python's json (3.11) makes of texts: tests/golden/make_json_golden.py.
const nlohmann::json& golden() {
    static const nlohmann::json read =
        nlohmann::json::parse(std::ifstream{std::filesystem::path{AHA_TEST_DATA} / "core" / "data" / "json.json"});
    return read;
}

std::string complaint(std::string_view text, const aha::detail::json_parser_options& options = {}) {
    return aha::test::complaint([&] { parse_json(text, "rows:7", options); });
}

TEST(json_parser, reads_and_refuses_what_python_does) {
    int read = 0, refused = 0;
    for (const nlohmann::json& one : golden().at("texts")) {
        const std::string text = one[0].get<std::string>();
        if (one[1].is_null()) {
            EXPECT_THAT(complaint(text), AnyOf(StartsWith("rows:7: not valid JSON at byte "), HasSubstr("surrogate")))
                << text;
            ++refused;
        } else {
            EXPECT_EQ(one[1], aha::test::described(parse_json(text, "here"))) << text;
            ++read;
        }
    }
    EXPECT_GT(read, 100);
    EXPECT_GT(refused, 100);
}

TEST(json_parser, refuses_what_no_value_of_ours_could_hold) {
    // Python reads these, the last of two equal keys and strings with half of a surrogate pair; tokenizers 0.23 then
    // refuses such a string ("TextInputSequence must be str").
    for (const nlohmann::json& one : golden().at("refused")) {
        ASSERT_TRUE(one[1].is_string());
        EXPECT_THAT(complaint(one[0].get<std::string>()),
                    testing::MatchesRegex("rows:7: (the integer -?[0-9]+(\\.\\.\\.)? has more than 64 bits: .*"
                                          "|\\\\ud[0-9a-f]* at byte 2 is half of a surrogate pair, .*"
                                          "|the key \"[a-z0-9]+\" is given twice)"));
    }
    EXPECT_EQ(
        complaint(R"({"a":"xy\uDC00"})"),
        "rows:7: \\udc00 at byte 9 is half of a surrogate pair, which is no character: no text in UTF-8 and so no "
        "tokenizer can take it");
}

TEST(json_parser, says_what_is_wrong_and_where) {
    const auto at = [](std::string_view text) { return complaint(text).substr(std::string{"rows:7: "}.size()); };
    EXPECT_EQ(at("{\"a\": }"), "not valid JSON at byte 7: '}' where a value belongs");
    EXPECT_EQ(at("{'a': 1}"), "not valid JSON at byte 2: ''' where a key in double quotes belongs");
    EXPECT_EQ(at("{\"a\" 1}"), "not valid JSON at byte 6: '1' where the colon after a key belongs");
    EXPECT_EQ(at("{\"a\":1 \"b\":2}"), "not valid JSON at byte 8: '\"' where a comma or the object's end belongs");
    EXPECT_EQ(at("[1 2]"), "not valid JSON at byte 4: '2' where a comma or the list's end belongs");
    EXPECT_EQ(at("[1] é"), "not valid JSON at byte 5: 'é' after the end of the value");
    EXPECT_EQ(at("\xEF\xBB\xBF{}"), "not valid JSON at byte 1: a byte order mark where a value belongs");
    EXPECT_EQ(at(std::string_view{"[\0]", 3}), "not valid JSON at byte 2: a byte of 0 where a value belongs");
    EXPECT_EQ(at("\"a\nb\""),
              "not valid JSON at byte 3: the byte 0x0a in a text, where it must be written as an escape");
    EXPECT_EQ(at("\"a\xE2\x82\""), "not valid JSON at byte 3: the byte 0xe2, which is not UTF-8");
    EXPECT_EQ(at("\"\xED\xA0\x80\""), "not valid JSON at byte 2: the byte 0xed, which is not UTF-8");
    EXPECT_EQ(at("\xC2\x9B"), "not valid JSON at byte 1: the byte 0xc2 where a value belongs");
    EXPECT_EQ(at("{\"a\":[1"), "not valid JSON at byte 8: the text ends too early");
    EXPECT_THAT(complaint("[", {.early_end = "no more"}), HasSubstr("byte 2: no more"));
    EXPECT_EQ(at("[-Inf]"), "not valid JSON at byte 3: 'I' where a digit belongs");
    EXPECT_EQ(at("[017]"), "not valid JSON at byte 2: a number that begins with 0");
}

TEST(json_parser, has_limits) {
    const auto nested = [](int depth) {
        return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
    };
    EXPECT_EQ(complaint(nested(64)), "no complaint");
    EXPECT_EQ(complaint(nested(65)), "rows:7: JSON nested deeper than 64 levels");
    EXPECT_EQ(complaint(std::string(1'000'000, '[')), "rows:7: JSON nested deeper than 64 levels");
    EXPECT_EQ(complaint(nested(1000), {.max_depth = 1000}), "no complaint");
    EXPECT_THAT(complaint("1", {.max_depth = 1001}), HasSubstr("max_depth"));
    EXPECT_THAT(complaint("1", {.max_depth = 0}), HasSubstr("not 0"));
}

TEST(json_parser, an_object_of_many_keys_takes_no_search_for_each) {
    std::string text = "{";
    for (int i = 0; i < 200'000; ++i) text += "\"key " + std::to_string(i) + "\":" + std::to_string(i) + ",";
    text += "\"last\":0}";
    const std::clock_t start = std::clock();
    const aha::json object = parse_json(text, "here");
    // 200,000 searches through what is there would be 2e10 comparisons of texts, a minute or more.
    EXPECT_LT(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC, 5.0);
    EXPECT_EQ(object.size(), 200'001U);
    EXPECT_EQ(object.begin().key(), "key 0");
    text.replace(text.rfind("last"), 4, "key 7");
    EXPECT_EQ(complaint(text), "rows:7: the key \"key 7\" is given twice");
}

TEST(json_parser, survives_anything) {
    const std::string right =
        R"({"prompt":"a\u00e9\n😀\ud83d\ude00","n":[-1.5e3,0,NaN,-Infinity,18446744073709551615],)"
        R"("m":[{"role":"user","content":null},true,{}]})";
    std::mt19937 random{7};
    int refused = 0;
    for (int round = 0; round < 5000; ++round) {
        std::string text = right;
        for (auto changes = 1 + random() % 3; changes > 0 && !text.empty(); --changes) {
            const std::size_t at = random() % text.size();
            switch (random() % 4) {
                case 0: text[at] = static_cast<char>(random()); break;
                case 1: text.erase(at, 1 + random() % 5); break;
                case 2: text.insert(at, text.substr(random() % text.size(), random() % 20)); break;
                default: text.resize(at + 1);
            }
        }
        const std::string said = complaint(text);  // anything but aha::error ends the test
        refused += said == "no complaint" ? 0 : 1;
        // Where nlohmann's parser, which knows no NaN, reads the text, so does ours, unless it says why not.
        if (nlohmann::json::accept(text)) {
            EXPECT_THAT(said, AnyOf("no complaint", HasSubstr("given twice"), HasSubstr("64 bits"))) << text;
        }
    }
    EXPECT_GT(refused, 3000);
    EXPECT_LT(refused, 5000);
}

TEST(json_parser, makes_sorted_objects_too) {
    EXPECT_EQ(parse_json<nlohmann::json>(R"({"b":1,"a":{"d":[],"c":2}})", "here").dump(),
              R"({"a":{"c":2,"d":[]},"b":1})");
}

}  // namespace
