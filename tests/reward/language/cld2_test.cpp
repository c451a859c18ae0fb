#include <aha/reward/language/cld2.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/filter/mixes_languages.hpp>
#include <aha/reward/language_consistency.hpp>

namespace {

using namespace aha;
using testing::HasSubstr;

constexpr std::string_view english =
    "We are looking for the number of people who can sit at the table, so let us first count the chairs that stand "
    "around it and then think about what happens when two of them are taken away by the neighbors. ";
constexpr std::string_view french =
    "Nous cherchons le nombre de personnes qui peuvent s'asseoir \u00e0 la table, alors comptons d'abord les chaises "
    "qui se trouvent autour, puis demandons-nous ce qui se passe quand les voisins en prennent deux. ";
constexpr std::string_view chinese =
    "\u6211\u4eec\u8981\u627e\u51fa\u53ef\u4ee5\u5750\u5728\u684c\u5b50\u65c1\u8fb9\u7684\u4eba\u6570\uff0c\u6240"
    "\u4ee5\u9996\u5148\u8ba9\u6211\u4eec\u6570\u4e00\u6570\u684c\u5b50\u5468\u56f4\u7684\u6905\u5b50\u3002";

score thought(const auto& judge, std::string text) {
    completion given;
    given.text = std::move(text);
    return judge(prompt{}, given);
}

TEST(cld2_language, tells_languages_of_one_script_apart) {
    const cld2_language share;
    EXPECT_EQ(share(english, "en"), 1);
    EXPECT_EQ(share(english, "fr"), 0);
    EXPECT_EQ(share(french, "fr"), 1);
    EXPECT_EQ(share(chinese, "zh"), 1);
    EXPECT_EQ(share(chinese, "zh-Hant"), 1);
    EXPECT_EQ(share(chinese, "en"), 0);
}

TEST(cld2_language, counts_the_bytes_of_each_language) {
    const std::string mixed = std::string{english} + std::string{english} + std::string{french};
    const double wanted = 2.0 * static_cast<double>(english.size()) / static_cast<double>(mixed.size());
    const std::optional<double> share = cld2_language{}(mixed, "en");
    ASSERT_TRUE(share.has_value());
    EXPECT_NEAR(*share, wanted, 0.15) << "CLD2 is a few words off where one language ends";
    EXPECT_NEAR(*cld2_language{}(mixed, "fr"), 1 - *share, 1e-12);
}

TEST(cld2_language, says_nothing_about_what_it_cannot_tell) {
    EXPECT_EQ(cld2_language{}("", "en"), std::nullopt);
    EXPECT_EQ(cld2_language{}("12 + 30 = 42", "en"), std::nullopt);
    EXPECT_EQ(cld2_language{}(std::string{english} + "\xFF\xE4\xB8", "en"), 1) << "bytes that are no UTF-8 do no harm";
}

TEST(cld2_language, fills_the_slot_of_language_consistency) {
    static_assert(text_classifier<cld2_language> && require_language_classifier<cld2_language>());
    const language_consistency consistent{{.language = "en"}, cld2_language{}};
    EXPECT_EQ(thought(consistent, "<think>" + std::string{english} + "</think>" + std::string{french}).value, 1);
    EXPECT_EQ(thought(consistent, "<think>" + std::string{french} + "</think>" + std::string{english}).value, 0);
    EXPECT_EQ(thought(consistent, "<think>42</think>").value, 1);
    const mixes_languages keep{{.consistency = {.language = "en"}}, cld2_language{}};
    EXPECT_EQ(thought(keep, std::string{english}).value, 1);
    EXPECT_EQ(thought(keep, std::string{french}).value, 0);
}

TEST(cld2_language, refuses_a_language_that_it_does_not_know) {
    try {
        const language_consistency consistent{{.language = "klingonese"}, cld2_language{}};
        FAIL();
    } catch (const error& e) {
        EXPECT_THAT(e.what(), HasSubstr("\"klingonese\""));
    }
}

}  // namespace
