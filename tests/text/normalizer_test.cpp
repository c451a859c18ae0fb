#include <aha/text/normalizer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>

#include <aha/core/error.hpp>
#include <aha/text/aligned_text.hpp>
#include <tests/support/complaint.hpp>

namespace {

using namespace aha;
using nlohmann::json;
using testing::HasSubstr;

normalizer make(const json& value) { return normalizer{{value, "normalizer"}}; }

std::string complaint(const json& value) {
    return aha::test::complaint([&] { make(value); });
}

// What each kind does is compared with the reference in variants.json (bpe_tokenizer_test.cpp).
TEST(normalizer, says_what_is_wrong) {
    EXPECT_THAT(complaint({{"type", "Uppercase"}}), HasSubstr("normalizer: the normalizer \"Uppercase\" is not known"));
    EXPECT_THAT(complaint({{"type", "Strip"}, {"strip_left", true}}), HasSubstr("normalizer.strip_right is missing"));
    EXPECT_THAT(complaint({{"type", "Prepend"}}), HasSubstr("normalizer.prepend is missing"));
    EXPECT_THAT(complaint({{"type", "Precompiled"}, {"precompiled_charsmap", "?"}}),
                HasSubstr("normalizer.precompiled_charsmap is not base64"));
    EXPECT_THAT(complaint({{"type", "BertNormalizer"}, {"lowercase", 1}}),
                HasSubstr("normalizer.lowercase is neither true nor false"));
    EXPECT_THAT(complaint({{"type", "Sequence"}, {"normalizers", {{{"type", "X"}}}}}),
                HasSubstr("normalizer.normalizers[0]: the normalizer \"X\""));
}

TEST(normalizer, bounds_what_it_makes_of_a_text) {
    const json step = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}};
    const auto normalize = make({{"type", "Sequence"}, {"normalizers", std::vector<json>(60, step)}});
    EXPECT_EQ(normalize("b"), "b");
    EXPECT_THROW(normalize("a"), error);
}

TEST(normalizer, leaves_an_empty_text_empty) {
    const json any = {{"type", "Replace"}, {"pattern", {{"Regex", "x*"}}}, {"content", "y"}};
    EXPECT_EQ(make(any)(""), "");
    EXPECT_EQ(make(any)("a"), "yay");
    EXPECT_EQ(make({{"type", "Prepend"}, {"prepend", "_"}})(""), "");
    EXPECT_EQ(make({{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}})(" \u3000\n"), "");
    EXPECT_TRUE(normalizer{}.empty());
    EXPECT_EQ(normalizer{}("A"), "A");
}

TEST(normalizer, keeps_where_characters_came_from) {
    using detail::tokenizing::aligned_text;
    aligned_text text = aligned_text::read("a\u200b\u200bB c");
    make({{"type", "Replace"}, {"pattern", {{"String", "\u200b\u200b"}}}, {"content", "--"}}).apply(text);
    EXPECT_EQ(text.text, "a--B c");
    EXPECT_EQ(text.origin({1, 3}), (text_span{4, 7}));  // the last character that was replaced
    make({{"type", "Lowercase"}}).apply(text);
    make({{"type", "Prepend"}, {"prepend", "__"}}).apply(text);
    EXPECT_EQ(text.text, "__a--b c");
    EXPECT_EQ(text.origin({0, 2}), (text_span{0, 1}));
    EXPECT_EQ(text.origin({5, 6}), (text_span{7, 8}));
}

}  // namespace
