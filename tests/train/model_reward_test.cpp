#include <aha/reward/model_reward.hpp>

#include <ATen/ATen.h>
#include <atomic>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <thread>

#include <aha/core/random.hpp>
#include <aha/model/reward_model.hpp>
#include <aha/reward/run_rewards.hpp>
#include <aha/testing/symbol_tokenizer.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::scored_part;
using aha::test::small_model;
using aha::testing::symbol_tokenizer;
using scoring = aha::reward_model<aha::decoder<aha::cpu<float>>>;
using judge = aha::pretrained<scoring, symbol_tokenizer>;

// "q" is 0, "?" 1, ... and 8 ends a text.
symbol_tokenizer symbols() { return symbol_tokenizer{{"q", "?", "<think>", "</think>", "a", "b", "c", " "}}; }

judge small_judge(std::int64_t context = 64) {
    judge made{scoring{small_model(context)}, symbols(), std::nullopt};
    const at::NoGradGuard no_gradients;
    const aha::random_stream random{{3, 0, 0, 0}};
    for (std::int64_t i = 0; i < 16; ++i)
        made.model.head().weights()[0][0][i] = random.normal(static_cast<std::uint64_t>(i));
    return made;
}

/// The score of one text alone, of tokens written out.
double alone(const judge& by, const std::vector<aha::token_id>& ids) {
    const std::vector<aha::text_group> groups{{ids}};
    return by.model.scores(aha::pack_texts(groups)).item<double>();
}

aha::prompt asking(const std::string& text) {
    aha::prompt asked;
    asked.index = 7;
    asked.text = text;
    return asked;
}

std::vector<aha::completion> answers(const std::vector<std::string>& texts) {
    std::vector<aha::completion> all;
    for (const std::string& text : texts) all.emplace_back().text = text;
    return all;
}

std::vector<double> values(const std::vector<aha::score>& scores) {
    std::vector<double> all;
    for (const aha::score& one : scores)
        all.push_back(one.applicable ? one.value : std::numeric_limits<double>::infinity());
    return all;
}

using testing::DoubleNear;
using testing::ElementsAre;

TEST(model_reward, scores_the_whole_response_after_its_prompt_with_the_end_token_last) {
    const auto by = std::make_shared<judge>(small_judge());
    const aha::model_reward judges{by};
    const double first = alone(*by, {0, 1, 2, 4, 3, 5, 8}), second = alone(*by, {0, 1, 6, 8}),
                 silent = alone(*by, {0, 1, 8});
    ASSERT_GT(std::abs(first - second), 1e-2);
    ASSERT_GT(std::abs(second - silent), 1e-2);
    EXPECT_THAT(values(judges(asking("q?"), answers({"<think>a</think>b", "c", ""}))),
                ElementsAre(DoubleNear(first, 1e-5), DoubleNear(second, 1e-5), DoubleNear(silent, 1e-5)));
}

TEST(model_reward, scores_the_summary_alone_after_a_prompt_that_opens_no_thought) {
    const auto by = std::make_shared<judge>(small_judge());
    const aha::model_reward judges{by, {.part = scored_part::summary}};
    const double b = alone(*by, {0, 1, 5, 8}), c = alone(*by, {0, 1, 6, 8});
    EXPECT_THAT(values(judges(asking("q?"), answers({"<think>a</think> b", "<think>aa</think>c"}))),
                ElementsAre(DoubleNear(b, 1e-5), DoubleNear(c, 1e-5)));
    EXPECT_THAT(values(judges(asking("q?<think>"), answers({"a</think> b", "<think>aa</think>c"}))),
                ElementsAre(DoubleNear(b, 1e-5), DoubleNear(c, 1e-5)));
    const aha::model_reward safety{by};
    EXPECT_THAT(values(safety(asking("q?<think>"), answers({"a</think>b"}))),
                ElementsAre(DoubleNear(alone(*by, {0, 1, 2, 4, 3, 5, 8}), 1e-5)));
}

TEST(model_reward, gives_what_has_no_summary_the_lowest_score_of_the_others_or_the_one_that_is_set) {
    const auto by = std::make_shared<judge>(small_judge());
    const auto given = answers({"<think>a", "</think>b", "<think>a</think> ", "</think>c"});
    const double b = alone(*by, {0, 1, 5, 8}), c = alone(*by, {0, 1, 6, 8}), low = std::min(b, c);
    const aha::model_reward judges{by, {.part = scored_part::summary}};
    EXPECT_THAT(values(judges(asking("q?"), given)),
                ElementsAre(DoubleNear(low, 1e-5), DoubleNear(b, 1e-5), DoubleNear(low, 1e-5), DoubleNear(c, 1e-5)));
    const aha::model_reward set{by, {.part = scored_part::summary, .without_summary = -3}};
    EXPECT_THAT(values(set(asking("q?"), given)), ElementsAre(-3, DoubleNear(b, 1e-5), -3, DoubleNear(c, 1e-5)));
    for (const aha::score& one : judges(asking("q?"), answers({"a", "<think>b"}))) EXPECT_FALSE(one.applicable);
    for (const aha::score& one : set(asking("q?"), answers({"a", "<think>b"}))) EXPECT_TRUE(one.applicable);
}

TEST(model_reward, is_shifted_and_scaled) {
    const auto by = std::make_shared<judge>(small_judge());
    const aha::model_reward scaled{by, {.mean = 0.5, .deviation = 4}};
    EXPECT_THAT(values(scaled(asking("q?"), answers({"b"}))),
                ElementsAre(DoubleNear((alone(*by, {0, 1, 5, 8}) - 0.5) / 4, 1e-5)));
}

TEST(model_reward, reads_the_prompt_that_it_is_told_to) {
    const auto by = std::make_shared<judge>(small_judge());
    const aha::model_reward told{by, {.prompt_text = [](const aha::prompt& p) { return "c" + p.text; }}};
    EXPECT_THAT(values(told(asking("?"), answers({"b"}))), ElementsAre(DoubleNear(alone(*by, {6, 1, 5, 8}), 1e-5)));
}

TEST(model_reward, names_the_prompt_whose_answer_is_longer_than_the_context) {
    const aha::model_reward judges{small_judge(5)};
    EXPECT_EQ(judges(asking("q?"), answers({"ab"})).size(), 1u);
    try {
        judges(asking("q?"), answers({"ab", "abc"}));
        FAIL();
    } catch (const aha::error& e) {
        EXPECT_THAT(e.what(), testing::HasSubstr("an answer to prompt 7 has 6 tokens with its prompt, more than the "
                                                 "reward model's context of 5"));
    }
}

/// A model that gives a text its last position, and remembers the tokens of every pass.
struct counting_model {
    using tensor_policy = aha::cpu<float>;
    std::shared_ptr<std::vector<std::int64_t>> passes = std::make_shared<std::vector<std::int64_t>>();
    std::shared_ptr<std::atomic<int>> inside = std::make_shared<std::atomic<int>>(0),
                                      most = std::make_shared<std::atomic<int>>(0);
    int patience = 0;
    std::shared_ptr<bool> gradients = std::make_shared<bool>(true);

    at::Tensor scores(const aha::packed_texts& texts) const {
        if (const int now = ++*inside; now > *most) *most = now;
        for (int i = 0; i < patience && *most < 2; ++i) {  // gives another thread every chance to come in
            std::this_thread::yield();
            if (const int now = *inside; now > *most) *most = now;
        }
        *gradients = at::GradMode::is_enabled();
        passes->push_back(texts.batch.ids.numel());
        --*inside;
        return texts.batch.positions.index_select(0, texts.last).to(at::kFloat);
    }
};
struct counting_judge {
    counting_model model;
    symbol_tokenizer tokenizer = symbols();
};

TEST(model_reward, reads_a_group_in_one_pass_with_its_prompt_once) {
    const counting_judge by;
    const aha::model_reward judges{by};
    EXPECT_THAT(values(judges(asking("qqqqqqqq?"), answers({"a", "bb", "c"}))), ElementsAre(10, 11, 10));
    EXPECT_THAT(*by.model.passes, ElementsAre(9 + 2 + 3 + 2));
}

TEST(model_reward, splits_a_group_that_is_over_the_budget) {
    const counting_judge by;
    const aha::model_reward judges{by, {.microbatch_tokens = 14}};
    EXPECT_THAT(values(judges(asking("qqqqqqqq?"), answers({"a", "bb", "ccccccccc", "a"}))),
                ElementsAre(10, 11, 18, 10));
    EXPECT_THAT(*by.model.passes, ElementsAre(14, 19, 11));
}

TEST(model_reward, lets_threads_take_turns_and_shares_the_model_with_its_copies) {
    const counting_judge by{.model = {.patience = 2000}};
    const aha::model_reward judges{by};
    const auto twin = judges;
    std::vector<std::thread> threads;
    for (const auto* const one : {&judges, &twin})
        threads.emplace_back([one] {
            for (int i = 0; i < 20; ++i) (*one)(asking("q?"), answers({"a"}));
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(by.model.passes->size(), 40u);
    EXPECT_EQ(*by.model.most, 1);
}

TEST(model_reward, fills_the_slot_of_a_reward) {
    static_assert(aha::any_reward<aha::model_reward<judge>>);
    std::vector<aha::rollout_group> groups(1);
    groups[0].prompt = asking("q?");
    groups[0].completions = answers({"b", "c"});
    const auto by = std::make_shared<judge>(small_judge());
    aha::run_rewards(groups, aha::model_reward{by});
    EXPECT_THAT(values(groups[0].scores),
                ElementsAre(DoubleNear(alone(*by, {0, 1, 5, 8}), 1e-5), DoubleNear(alone(*by, {0, 1, 6, 8}), 1e-5)));
}

TEST(model_reward, keeps_nothing_for_a_gradient) {
    const counting_judge by;
    ASSERT_TRUE(at::GradMode::is_enabled());
    aha::model_reward{by}(asking("q?"), answers({"b"}));
    EXPECT_FALSE(*by.model.gradients);
    EXPECT_TRUE(at::GradMode::is_enabled());
}

TEST(model_reward, refuses_options_that_make_no_sense) {
    const auto by = std::make_shared<judge>(small_judge());
    const auto why = [&](const aha::model_reward_options& options) -> std::string {
        return aha::test::complaint([&] { aha::model_reward{by, options}; });
    };
    EXPECT_THAT(why({.deviation = 0}), testing::HasSubstr("deviation must be positive, not 0"));
    EXPECT_THAT(why({.microbatch_tokens = -1}), testing::HasSubstr("microbatch_tokens must be positive, not -1"));
    EXPECT_THAT(why({.without_summary = std::numeric_limits<double>::infinity()}),
                testing::HasSubstr("without_summary must be finite, not inf"));
    EXPECT_THAT(why({.mean = std::numeric_limits<double>::quiet_NaN()}), testing::HasSubstr("mean must be finite"));
}

}  // namespace
