#include <aha/text/normal_forms.hpp>

#include <gtest/gtest.h>
#include <string>

#include <aha/text/aligned_text.hpp>

namespace {

using namespace aha;
using namespace aha::detail::tokenizing;

std::string in(normal_form form, std::string text) {
    plain_text plain{std::move(text)};
    form(plain);
    return plain.text;
}

constexpr normal_form nfc{}, nfd{.composed = false}, nfkc{.compatible = true};
constexpr normal_form nfkd{.composed = false, .compatible = true};

// Expected: Unicode's own examples (UAX 15) and Python's unicodedata.
TEST(normal_forms, are_unicodes) {
    EXPECT_EQ(in(nfc, "e\u0301"), "\u00e9");
    EXPECT_EQ(in(nfc, "\u0301e"), "\u0301e");
    EXPECT_EQ(in(nfc, "e\u0305\u0301"), "e\u0305\u0301");  // a mark of the same class stands between
    EXPECT_EQ(in(nfc, "q\u0307\u0323"), "q\u0323\u0307");
    EXPECT_EQ(in(nfc, "\u1100\u1161\u11a8"), "\uac01");
    EXPECT_EQ(in(nfc, "\uac00\u11a8"), "\uac01");
    EXPECT_EQ(in(nfc, "\u212b \u2126"), "\u00c5 \u03a9");
    EXPECT_EQ(in(nfc, "\u0958 \u2adc \U0001d15e"), "\u0915\u093c \u2add\u0338 \U0001d157\U0001d165");  // excluded
    EXPECT_EQ(in(nfc, "plain \u00e9"), "plain \u00e9");
    EXPECT_EQ(in(nfd, "\u1e69"), "s\u0323\u0307");
    EXPECT_EQ(in(nfd, "\ud4db"), "\u1111\u1171\u11b6");
    EXPECT_EQ(in(nfd, "\ufb01"), "\ufb01");
    EXPECT_EQ(in(nfkc, "\ufb01 2\u2075 \u1e9b\u0323 \uff76\uff9e"), "fi 25 \u1e69 \u30ac");
    EXPECT_EQ(in(nfkd, "\ufb01 2\u2075 \u1e9b\u0323"), "fi 25 s\u0323\u0307");
    EXPECT_EQ(in(nfkd, "\ufdfa").size(), 33U);  // the longest of all
    EXPECT_EQ(in(nfkd, ""), "");
}

// As the alignments of tokenizers 0.23.3 (offsets of NFC and NFD with a model of bytes).
TEST(normal_forms, say_where_characters_came_from) {
    aligned_text composed = aligned_text::read("xe\u0301y");
    nfc(composed);
    EXPECT_EQ(composed.text, "x\u00e9y");
    EXPECT_EQ(composed.origin({1, 3}), (text_span{1, 2}));  // the first part alone
    EXPECT_EQ(composed.origin({3, 4}), (text_span{4, 5}));
    aligned_text apart = aligned_text::read("x\u00e9y");
    nfd(apart);
    EXPECT_EQ(apart.text, "xe\u0301y");
    EXPECT_EQ(apart.origin({1, 2}), (text_span{1, 3}));
    EXPECT_EQ(apart.origin({2, 4}), (text_span{1, 3}));
    EXPECT_EQ(apart.origin({4, 5}), (text_span{3, 4}));
}

TEST(normal_forms, lower_letters_one_by_one) {
    std::string small;
    for (const char32_t code : {U'A', U'\u0130', U'\u03a3', U'\u00df', U'\u4e2d', U'\U00010400'})
        lower(code, [&](char32_t c, int) { append_character(small, c); });
    EXPECT_EQ(small, "ai\u0307\u03c3\u00df\u4e2d\U00010428");  // Rust's char::to_lowercase
}

}  // namespace
