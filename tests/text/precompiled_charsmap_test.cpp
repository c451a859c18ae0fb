#include <aha/text/precompiled_charsmap.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include <aha/core/error.hpp>
#include <aha/files/utf8.hpp>

#include "tests/support/complaint.hpp"
#include "tests/text/tokenizer_support.hpp"

namespace {

using namespace aha;
using namespace aha::detail::tokenizing;
using nlohmann::json;
using testing::HasSubstr;

precompiled_charsmap make(const std::string& base64) {
    const json value = base64;
    return precompiled_charsmap{{value, "charsmap"}};
}

std::string complaint(const std::string& base64) {
    return aha::test::complaint([&] { make(base64); });
}

// RFC 4648, section 10.
TEST(base64, is_the_standards) {
    EXPECT_EQ(from_base64(""), "");
    EXPECT_EQ(from_base64("Zg=="), "f");
    EXPECT_EQ(from_base64("Zm8="), "fo");
    EXPECT_EQ(from_base64("Zm9vYmFy"), "foobar");
    for (const char* wrong : {"Z", "Zg", "Zg=", "Zh==", "Z===", "Zm9*", "====", "Zg==Zg=="})
        EXPECT_EQ(from_base64(wrong), std::nullopt) << wrong;
}

TEST(precompiled_charsmap, says_what_is_wrong) {
    EXPECT_THAT(complaint("?"), HasSubstr("charsmap is not base64"));
    EXPECT_THAT(complaint(""), HasSubstr("charsmap ends within its trie"));
    EXPECT_THAT(complaint("BAAAAA=="), HasSubstr("charsmap ends within its trie"));
    EXPECT_THAT(complaint("AAAAAP8="), HasSubstr("charsmap has texts that are not UTF-8"));
    EXPECT_EQ(complaint("AAAAAA=="), "no complaint");
}

// What rules do is compared with the reference in variants.json. Here: a damaged trie leads to no place outside it, and
// to nothing but UTF-8.
TEST(precompiled_charsmap, survives_damage) {
    const json file = tokenizer_support::read("variants.json");
    std::string sound;
    for (const json& variant : file["variants"])
        if (variant["normalizer"].is_object() && variant["normalizer"]["type"] == "Precompiled")
            sound = variant["normalizer"]["precompiled_charsmap"];
    ASSERT_GT(sound.size(), 1000U);
    std::mt19937 random{7};
    static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    int loaded = 0;
    for (int round = 0; round < 2000; ++round) {
        std::string damaged = sound;
        for (int n = 0; n < 6; ++n) damaged[6 + random() % (damaged.size() - 10)] = digits[random() % digits.size()];
        try {
            const precompiled_charsmap rules = make(damaged);
            ++loaded;
            plain_text text{"ABab\uff76\uff9ee\u0301\ufb01\u3000\U0001f469"};
            rules(text);
            EXPECT_TRUE(utf8::is_valid(text.text));
        } catch (const error&) {
        }
    }
    EXPECT_GT(loaded, 100);
}

}  // namespace
