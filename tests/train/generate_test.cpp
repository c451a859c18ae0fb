#include <aha/train/generate.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iostream>
#include <limits>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include <aha/text/byte_tokenizer.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <tests/support/byte_model.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::byte_model;
using aha::test::complaint;
using testing::HasSubstr;

TEST(generate, gives_the_text_that_the_sampler_draws) {
    const auto model = byte_model();
    const aha::sampling_options options{.max_new_tokens = 20};
    aha::prompt asked;
    asked.ids = model.tokenizer.encode("What is 2 + 2?");
    const auto groups = aha::autoregressive_sampler{model.tokenizer, options}.sample(
        model.model, std::vector{asked}, 1, {.seed = 7, .step = 0, .prompt = 0, .sample = 0});
    EXPECT_EQ(aha::generate(model, "What is 2 + 2?", options, 7), groups[0].completions[0].text);
    EXPECT_NE(aha::generate(model, "What is 2 + 2?", options, 8), groups[0].completions[0].text);
    EXPECT_NE(aha::generate(model, "What is 2 + 3?", options, 7), "");
}

TEST(generate, needs_no_more_than_a_model_and_a_text) {
    const auto model = byte_model();
    const std::string said = aha::generate(model, "Once");
    EXPECT_EQ(said, aha::generate(model, std::string{"Once"}, {.max_new_tokens = 256}, 0));
}

TEST(generate, answers_several_texts_each_with_draws_of_its_own) {
    const auto model = byte_model();
    const std::vector<std::string> texts{"a", "bb", "a"};
    const std::vector<std::string> said = aha::generate(model, texts, {.max_new_tokens = 12}, 3);
    ASSERT_EQ(said.size(), 3U);
    EXPECT_EQ(said[0], aha::generate(model, "a", {.max_new_tokens = 12}, 3));
    EXPECT_NE(said[0], said[2]);
    EXPECT_EQ(aha::generate(model, std::list<const char*>{"a", "bb", "a"}, {.max_new_tokens = 12}, 3), said);
    const auto greedy = aha::generate(model, texts, {.temperature = 0, .max_new_tokens = 12});
    EXPECT_EQ(greedy[0], greedy[2]);
    EXPECT_TRUE(aha::generate(model, std::vector<std::string>{}).empty());
}

TEST(generate, renders_messages_with_the_models_template) {
    auto model = byte_model();
    const std::vector<aha::message> asked{{"system", "Be brief."}, {"user", "Hi"}};
    EXPECT_THAT(complaint([&] { aha::generate(model, asked); }), HasSubstr("the model has no chat template"));
    model.chat = aha::chat_template{
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"};
    EXPECT_EQ(aha::generate(model, asked, {.max_new_tokens = 9}, 5),
              aha::generate(model, "<system>Be brief.<user>Hi<assistant>", {.max_new_tokens = 9}, 5));
    EXPECT_EQ(aha::generate(model, std::vector{asked, asked}, {.max_new_tokens = 9}, 5).size(), 2U);
}

TEST(generate, says_in_a_sentence_what_it_cannot_answer) {
    const auto model = byte_model();
    EXPECT_EQ(complaint([&] { aha::generate(model, ""); }), "prompt 0 is empty");
    EXPECT_THAT(complaint([&] { aha::generate(model, std::string(300, 'a')); }),
                HasSubstr("prompt 0 has 300 tokens, more than the 95 that leave room in the model's context"));
    EXPECT_EQ(complaint([&] { aha::generate(model, "a", {.temperature = std::numeric_limits<double>::quiet_NaN()}); }),
              "temperature must be 0 (greedy) or from 1e-06 to 1e+06, not nan");
    EXPECT_EQ(complaint([&] { aha::generate(model, "a", {.max_new_tokens = 0}); }),
              "max_new_tokens must be positive, not 0");
    EXPECT_EQ(complaint([&] { aha::generate(model, std::vector<std::string>{"a", ""}); }), "prompt 1 is empty");
    EXPECT_THAT(complaint([&] { aha::generate(model, std::vector<aha::message>{}); }), HasSubstr("messages"));
}

TEST(generate, of_messages_as_the_documentation_shows_it) {
    auto model = byte_model();
    model.chat = aha::chat_template{"{% for m in messages %}{{ m.content }} {% endfor %}"};
    //! [messages]
    const std::vector<aha::message> asked{{"system", "Be brief."}, {"user", "What is 2 + 2?"}};
    std::string brief = aha::generate(model, asked, {.max_new_tokens = 64});
    //! [messages]
    EXPECT_EQ(brief, aha::generate(model, "Be brief. What is 2 + 2? ", {.max_new_tokens = 64}));
}

TEST(generate, as_the_documentation_shows_it) {
    const auto model = byte_model();
    testing::internal::CaptureStdout();
    //! [answer]
    std::string answer = aha::generate(model, "What is 2 + 2?", {.temperature = 0, .max_new_tokens = 64});
    std::vector<std::string> answers =
        aha::generate(model, std::vector<std::string>{"What is 1 + 2?", "What is 3 + 4?"});
    //! [answer]
    std::cout << answer << '\n' << answers[1] << std::endl;
    EXPECT_EQ(testing::internal::GetCapturedStdout(), answer + "\n" + answers[1] + "\n");
    EXPECT_EQ(answer, aha::generate(model, "What is 2 + 2?", {.temperature = 0, .max_new_tokens = 64}, 5));
}

}  // namespace
