#include <aha/text/words.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace aha;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts_of(std::string_view text) {
    std::vector<std::string> texts;
    for (const word& one : words_of(text)) texts.emplace_back(one.text);
    return texts;
}

TEST(words_of, are_runs_of_letters_of_one_script) {
    EXPECT_THAT(texts_of("The answer: 42, so x1y."), ElementsAre("The", "answer", "so", "x", "y"));
    EXPECT_THAT(texts_of("na\u00efve e\u0301tude"), ElementsAre("na\u00efve", "e\u0301tude"));
    EXPECT_THAT(texts_of("\u043c\u0438\u0440abc\u03b1\u03b2"),
                ElementsAre("\u043c\u0438\u0440", "abc", "\u03b1\u03b2"));
    EXPECT_THAT(texts_of("\u0939\u093f\u0928\u094d\u0926\u0940"), ElementsAre("\u0939\u093f\u0928\u094d\u0926\u0940"));
    EXPECT_EQ(words_of("\u043c\u0438\u0440")[0].written, script::cyrillic);
    EXPECT_THAT(texts_of(""), IsEmpty());
    EXPECT_THAT(texts_of("1 + 1 = 2 \u221a \U0001D465"), IsEmpty());
}

TEST(words_of, count_characters_where_no_spaces_separate_words) {
    EXPECT_THAT(texts_of("\u6211\u4eec go"), ElementsAre("\u6211", "\u4eec", "go"));
    EXPECT_THAT(texts_of("\u304b\u3099"), ElementsAre("\u304b\u3099"));  // with a voicing mark
    EXPECT_THAT(texts_of("\u0e01\u0e34\u0e19"), ElementsAre("\u0e01\u0e34", "\u0e19"));
    EXPECT_THAT(texts_of("\ud55c\uad6d\uc5b4 \ub9d0"), ElementsAre("\ud55c\uad6d\uc5b4", "\ub9d0"));
}

TEST(words_of, keep_an_apostrophe_between_letters) {
    EXPECT_THAT(texts_of("don't 'quote' it\u2019s l'"), ElementsAre("don't", "quote", "it\u2019s", "l"));
    EXPECT_THAT(texts_of("a'\u043c"), ElementsAre("a", "\u043c"));
    EXPECT_THAT(texts_of("a''b"), ElementsAre("a", "b"));
}

TEST(words_of, do_not_join_over_what_is_no_text) {
    EXPECT_THAT(texts_of("ab\xFF"
                         "cd\xE4\xB8"),
                ElementsAre("ab", "cd"));
    EXPECT_THAT(texts_of("\u0301 a"), ElementsAre("a"));
    EXPECT_THAT(texts_of("1\u0301"), IsEmpty());
}

}  // namespace
