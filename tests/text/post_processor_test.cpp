#include <aha/text/post_processor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/core/error.hpp>

#include "tests/support/complaint.hpp"

namespace {

using aha::test::complaint;
using namespace aha;
using nlohmann::json;
using testing::ElementsAre;

detail::tokenizing::token_frame frame(const char* text) {
    const json value = json::parse(text);
    return detail::tokenizing::read_frame({value, "post_processor"});
}

constexpr auto text = std::nullopt;

// The right values are those of tokenizers 0.23.3.
TEST(post_processor, puts_tokens_around_a_text) {
    EXPECT_THAT(frame(R"({"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]})"),
                ElementsAre(1, text, 2));
    EXPECT_THAT(frame(R"({"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": true,
                         "add_prefix_space": false})"),
                ElementsAre(0, text, 2));
    EXPECT_THAT(frame(R"({"type": "ByteLevel"})"), ElementsAre(text));
    EXPECT_THAT(frame(R"({"type": "Sequence", "processors": []})"), ElementsAre(text));
    EXPECT_THAT(frame(R"({"type": "TemplateProcessing", "single": [], "special_tokens": {}})"), ElementsAre());
    EXPECT_THAT(
        frame(R"({"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}, {"Sequence": {"id": "A"}}]})"),
        ElementsAre(text, text));
}

TEST(post_processor, puts_what_comes_later_outside) {
    EXPECT_THAT(frame(R"({"type": "Sequence", "processors": [
                    {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]}, {"type": "ByteLevel"},
                    {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "b"}}, {"Sequence": {"id": "A"}}],
                     "special_tokens": {"b": {"id": "b", "ids": [3, 4]}}}]})"),
                ElementsAre(3, 4, 1, text, 2));
}

TEST(post_processor, says_what_is_wrong) {
    EXPECT_EQ(complaint([] { frame(R"({"type": "BertProcessing", "cls": ["[CLS]", 1]})"); }),
              "post_processor.sep is missing");
    EXPECT_EQ(complaint([] { frame(R"({"type": "BertProcessing", "cls": ["[CLS]"], "sep": ["x", 1]})"); }),
              "post_processor.cls has 1 parts, not a token and its id");
    EXPECT_EQ(complaint([] { frame(R"({"type": "Pad"})"); }),
              "post_processor: the post-processor \"Pad\" is not supported (only TemplateProcessing, BertProcessing, "
              "RobertaProcessing, ByteLevel and Sequence)");
}

}  // namespace
