// Here and not in tests/reward, whose program has no tensors.
#include <aha/reward/judge/model_judge.hpp>

#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <aha/concepts/judge.hpp>
#include <aha/core/message.hpp>
#include <aha/reward/judge/reference_judge.hpp>
#include <aha/text/chat_template.hpp>
#include <aha/train/generate.hpp>
#include <tests/support/byte_model.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::complaint;
using testing::HasSubstr;

auto chatting_model() {
    auto model = aha::test::byte_model();
    model.chat = aha::chat_template{
        "{% for m in messages %}{{ m.content }}{% endfor %}{% if brief %} briefly{% endif %}"
        "{% if add_generation_prompt %}:{% endif %}"};
    return std::make_shared<const decltype(model)>(std::move(model));
}

using messages = std::vector<aha::message>;

TEST(model_judge, is_greedy_unless_told_otherwise) {
    const auto model = chatting_model();
    const aha::model_judge judge{model, {.sampling = {.temperature = 0, .max_new_tokens = 20}}};
    static_assert(aha::require_judge<decltype(judge)>() && aha::judge_has_votes<decltype(judge)>);
    const messages asked{{"user", "Is it right"}};
    const std::string said = judge(asked);
    EXPECT_EQ(said, aha::generate(*model, asked, {.temperature = 0, .max_new_tokens = 20}));
    EXPECT_EQ(judge(asked, 3), said);
    EXPECT_EQ(aha::model_judge{model}.options().sampling.temperature, 0);
}

TEST(model_judge, draws_by_seed_and_vote) {
    const auto model = chatting_model();
    const aha::sampling_options sampling{.max_new_tokens = 20};
    const aha::model_judge judge{model, {.sampling = sampling, .seed = 4}},
        again{model, {.sampling = sampling, .seed = 4}}, other{model, {.sampling = sampling, .seed = 5}};
    const messages asked{{"user", "Is it right"}};
    EXPECT_EQ(judge(asked), again(asked));
    EXPECT_EQ(judge(asked, 1), again(asked, 1));
    EXPECT_NE(judge(asked), judge(asked, 1));
    EXPECT_NE(judge(asked), other(asked));
}

TEST(model_judge, gives_its_template_the_variables) {
    const auto model = chatting_model();
    const aha::sampling_options sampling{.temperature = 0, .max_new_tokens = 20};
    const aha::model_judge judge{model, {.sampling = sampling, .variables = {{"brief", true}}}};
    EXPECT_EQ(judge(messages{{"user", "Is it right"}}), aha::generate(*model, "Is it right briefly:", sampling));
}

TEST(model_judge, answers_threads_as_if_each_were_alone) {
    const aha::model_judge judge{chatting_model(), {.sampling = {.max_new_tokens = 12}, .max_rows = 3}};
    std::vector<std::string> alone(8), together(8);
    const auto ask = [](const auto& any, std::size_t i) {
        return any(messages{{"user", "Question " + std::to_string(i)}}, i % 2);
    };
    for (std::size_t i = 0; i < alone.size(); ++i) alone[i] = ask(judge, i);
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < together.size(); ++i)
            threads.emplace_back([&, i, copy = judge] { together[i] = ask(copy, i); });
    }
    EXPECT_EQ(together, alone);
}

TEST(model_judge, can_stand_behind_a_reward) {
    const aha::reference_judge reward{aha::model_judge{chatting_model(), {.sampling = {.max_new_tokens = 8}}},
                                      {.messages = [](const auto&, const auto&, const std::string& answer) {
                                          return messages{{"user", answer}};
                                      }}};
    aha::prompt asked;
    asked.fields["answer"] = 4;
    aha::completion given;
    given.text = "4";
    EXPECT_FALSE(reward(asked, given).applicable);  // this model cannot write a verdict
}

TEST(model_judge, says_in_a_sentence_what_it_cannot_answer) {
    EXPECT_EQ(complaint([] { aha::model_judge{aha::test::byte_model()}; }),
              "a model_judge needs a model with a chat template");
    EXPECT_EQ(complaint([] {
                  aha::model_judge{chatting_model(), {.sampling = {.max_new_tokens = 0}}};
              }),
              "max_new_tokens must be positive, not 0");
    EXPECT_EQ(complaint([] {
                  aha::model_judge{chatting_model(), {.variables = 3}};
              }),
              "variables must be an object, not 3");
    const aha::model_judge judge{chatting_model()};
    EXPECT_THAT(complaint([&] {
                    judge(messages{{"user", std::string(300, 'a')}});
                }),
                HasSubstr("the messages to the judge: the prompt has 301 tokens, more than the 95 that leave room"));
    const aha::model_judge refusing{[] {
        auto model = aha::test::byte_model();
        model.chat = aha::chat_template{"{{ raise_exception('no turns') }}"};
        return model;
    }()};
    EXPECT_THAT(complaint([&] { refusing(messages{{"user", "a"}}); }), HasSubstr("no turns"));
}

}  // namespace
