#include <aha/text/pre_tokenizer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/core/error.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/oniguruma.hpp>

#include "tests/support/complaint.hpp"
#include "tests/text/tokenizer_support.hpp"

namespace {

using namespace aha;
using nlohmann::json;
using testing::HasSubstr;

pre_tokenizer make(const json& value) { return pre_tokenizer{{value, "pre_tokenizer"}}; }

std::vector<std::string> words(const pre_tokenizer& cut, const std::string& text) {
    const cut_text done = cut(text);
    std::vector<std::string> found;
    for (std::size_t i = 0; i < done.words.size(); ++i) found.emplace_back(done.word(i));
    return found;
}

std::string complaint(const json& value) {
    return aha::test::complaint([&] { make(value); });
}

json split(const json& pattern, const std::string& behavior = "Isolated") {
    return {{"type", "Split"}, {"pattern", pattern}, {"behavior", behavior}, {"invert", false}};
}

// Every kind and behavior, against the library `tokenizers`.
TEST(pre_tokenizer, cuts_as_the_reference_does) {
    const json cases = tokenizer_support::read("pre_tokenizers.json");
    ASSERT_GE(cases.size(), 50U);
    for (const json& c : cases) {
        const pre_tokenizer cut = make(c["pre_tokenizer"]);
        for (const json& text : c["texts"])
            EXPECT_EQ(words(cut, text[0]), text[1].get<std::vector<std::string>>())
                << c["pre_tokenizer"].dump() << " on " << text[0].dump();
    }
}

TEST(pre_tokenizer, leaves_a_text_whole_without_one) {
    EXPECT_EQ(words(pre_tokenizer{}, "a b"), std::vector<std::string>{"a b"});
    EXPECT_TRUE(words(pre_tokenizer{}, "").empty());
}

TEST(pre_tokenizer, takes_long_runs) {
    const auto cut = make(split({{"Regex", "\\p{L}+|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"}}));
    EXPECT_EQ(words(cut, std::string(300000, ' ') + "a").size(), 3U);
    EXPECT_EQ(words(cut, std::string(300000, 'a')).size(), 1U);
    EXPECT_EQ(words(make(split({{"Regex", "(?:a|b)+"}})), std::string(300000, 'a')).size(),
              1U);  // beyond the compiled stack
}

TEST(pre_tokenizer, says_what_is_wrong) {
    EXPECT_THAT(complaint({{"type", "UnicodeScripts"}}),
                HasSubstr("pre_tokenizer: the pre-tokenizer \"UnicodeScripts\" is not supported"));
    EXPECT_THAT(complaint({{"type", "Metaspace"}}), HasSubstr("pre_tokenizer.replacement is missing"));
    EXPECT_THAT(complaint({{"type", "Metaspace"}, {"replacement", "__"}}),
                HasSubstr("pre_tokenizer.replacement is \"__\", not one character"));
    EXPECT_THAT(complaint({{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "last"}}),
                HasSubstr("pre_tokenizer.prepend_scheme is \"last\", not always, first or never"));
    EXPECT_THAT(
        complaint(
            {{"type", "Metaspace"}, {"replacement", "_"}, {"add_prefix_space", false}, {"prepend_scheme", "first"}}),
        HasSubstr("pre_tokenizer.add_prefix_space is false, but prepend_scheme is not \"never\""));
    EXPECT_THAT(complaint({{"type", "FixedLength"}, {"length", 0}}), HasSubstr("pre_tokenizer.length is 0"));
    EXPECT_THAT(complaint({{"type", "CharDelimiterSplit"}, {"delimiter", ""}}),
                HasSubstr("pre_tokenizer.delimiter is \"\", not one character"));
    EXPECT_THAT(complaint({{"type", "Punctuation"}, {"behavior", "removed"}}),
                HasSubstr("pre_tokenizer.behavior is \"removed\", not"));
    EXPECT_THAT(complaint(split({{"Regex", "a("}})),
                HasSubstr("pre_tokenizer.pattern.Regex: the regular expression \"a(\" is wrong"));
    EXPECT_THAT(complaint(split({{"String", "a"}}, "Sideways")),
                HasSubstr("pre_tokenizer.behavior is \"Sideways\", not"));
    EXPECT_THAT(complaint(split(json::object())), HasSubstr("pre_tokenizer.pattern.Regex is missing"));
    EXPECT_THAT(complaint({{"type", "Sequence"}, {"pretokenizers", {{{"type", 3}}}}}),
                HasSubstr("pre_tokenizer.pretokenizers[0].type is not a string"));
    EXPECT_THAT(complaint({{"type", "ByteLevel"}, {"use_regex", 1}}), HasSubstr("use_regex is neither true nor false"));
    for (const std::string& pattern :
         {std::string{"\\y"}, std::string{"\\G"}, std::string{"\\u12"}, std::string{"(a)\\k<1>"}, std::string{"[a\\R]"},
          std::string{"\\p{L"}, std::string(200, '['), "a" + std::string(200, '*')})
        EXPECT_THAT(complaint(split({{"Regex", pattern}})), HasSubstr("which is not supported")) << pattern;
    EXPECT_THAT(complaint(split({{"Regex", "a[b"}})), HasSubstr("a class has no ]"));
    EXPECT_THAT(complaint(split({{"Regex", std::string(70000, 'a')}})), HasSubstr("too long"));
    for (const char* pattern : {"[", "\\", "\\p{", "\\p{Nothing}", "(?i", "[[:alpha:", "*", "\\p"})
        EXPECT_NE(complaint(split({{"Regex", pattern}})), "no complaint") << pattern;
}

TEST(pre_tokenizer, bounds_what_it_makes_of_a_text) {  // each step doubles the bytes of letters beyond ASCII
    const json step = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}};
    const auto cut = make({{"type", "Sequence"}, {"pretokenizers", std::vector<json>(60, step)}});
    EXPECT_EQ(words(cut, "plain"), std::vector<std::string>{"plain"});
    try {
        words(cut, "é");
        FAIL() << "no complaint";
    } catch (const error& wrong) {
        EXPECT_THAT(wrong.what(), HasSubstr("bytes of a text of 2"));
    }
}

TEST(pre_tokenizer, gives_up_on_endless_matching) {
    const auto cut = make(split({{"Regex", "^(?:a|aa|aaa)+[0-9]"}}));
    EXPECT_THROW(words(cut, std::string(60, 'a') + "!"), error);
}

TEST(regex, quotes_any_text) {
    const std::string all = "a.b*[c]\\(d){e}^$|?+-#& \n\u4e2d";
    EXPECT_EQ(regex{regex::quoted(all)}.matches("x" + all + "x"), (std::vector<text_span>{{1, all.size() + 1}}));
}

}  // namespace
