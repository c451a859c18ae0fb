#include <aha/text/byte_tokenizer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace aha;
using testing::ElementsAre;

TEST(byte_tokenizer, has_a_token_for_each_byte_and_one_for_the_end) {
    const byte_tokenizer t;
    EXPECT_THAT(t.encode("a\u00e9\xFF"), ElementsAre(97, 0xC3, 0xA9, 0xFF));
    EXPECT_EQ(t.vocabulary_size(), 257);
    EXPECT_THAT(t.end_ids(), ElementsAre(byte_tokenizer::end_id));
}

TEST(byte_tokenizer, decodes_to_utf8_without_the_end) {
    const byte_tokenizer t;
    EXPECT_EQ(t.decode(std::vector<token_id>{97, 0xC3, 0xA9, 0xFF, 256}), "a\u00e9\ufffd");
    EXPECT_EQ(t.decode(t.encode("\u4e2d\n")), "\u4e2d\n");
    EXPECT_THROW(t.decode(std::vector<token_id>{257}), error);
    EXPECT_THROW(t.decode(std::vector<token_id>{-1}), error);
}

}  // namespace
