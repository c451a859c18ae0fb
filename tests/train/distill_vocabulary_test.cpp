#include <ATen/ATen.h>
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/loss/divergence/forward_kl.hpp>
#include <aha/loss/divergence/generalized_jsd.hpp>
#include <aha/loss/divergence/reverse_kl.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/testing/scripted_sampler.hpp>
#include <aha/testing/symbol_tokenizer.hpp>
#include <aha/update/cache_teacher.hpp>
#include <aha/train/distill.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/made_examples.hpp>
#include <tests/support/made_folder.hpp>
#include <tests/support/small_decoder.hpp>

/// What a student and its teacher need not have in common: how many rows pad their heads, and how much text they read.
namespace {

namespace fs = std::filesystem;
using aha::test::complaint;
using aha::test::made_examples;
using aha::test::made_folder;
using aha::test::small_model;
using tiny = aha::decoder<aha::cpu<float>>;
using testing::AllOf;
using testing::HasSubstr;

/// A model of 31 tokens, with rows of noise in its head (which is its embedding) that pad it to `rows`.
tiny padded(std::int64_t rows, double deviation, std::int64_t context = 64) {
    aha::decoder_config config = aha::test::small_config();
    config.vocabulary_size = rows;
    config.context = context;
    tiny model{config};
    const tiny from = small_model(context, deviation);
    const at::NoGradGuard none;
    at::manual_seed(3);
    for (std::size_t i = 0; i < model.weights().size(); ++i) {
        at::Tensor to = model.weights()[i];
        to.normal_(0, 1).narrow(0, 0, from.weights()[i].size(0)).copy_(from.weights()[i]);
    }
    model.refresh();
    return model;
}

/// A tokenizer of 48 tokens, the last of which ends a text.
aha::testing::symbol_tokenizer letters() {
    std::vector<std::string> symbols;
    for (int i = 0; i < 47; ++i) symbols.emplace_back(1, static_cast<char>('0' + i));
    return aha::testing::symbol_tokenizer{symbols};
}

/// Loss and gradient of the student's own 31 tokens.
struct outcome {
    double divergence = 0;
    at::Tensor gradients;
};

template <class Teacher, class Divergence>
outcome taught(const tiny& student, const Teacher& teacher, const Divergence& divergence, std::int64_t vocabulary) {
    const auto examples = made_examples(8);
    std::vector<aha::distill_item> items;
    for (std::size_t i = 0; i < examples.size(); ++i) items.push_back({&examples[i], i, false});
    student.weights().zero_gradients();
    const aha::distill_options options{.vocabulary = vocabulary};
    const aha::distill_sums sums = aha::accumulate_distillation(student, teacher, divergence, items, options);
    std::vector<at::Tensor> parts;  // without the rows that pad the embedding, the first of the weights
    for (std::size_t i = 0; i < student.weights().size(); ++i) {
        const at::Tensor grad = student.weights()[i].grad();
        parts.push_back((i == 0 ? grad.narrow(0, 0, 31) : grad).reshape({-1}).clone());
        EXPECT_FALSE(i == 0 && grad.narrow(0, 31, grad.size(0) - 31).ne(0).any().template item<bool>());
    }
    return {sums.divergence, at::cat(parts)};
}

void expect_same(const outcome& a, const outcome& b, const std::string& what) {
    EXPECT_NEAR(a.divergence, b.divergence, 1e-6) << what;
    EXPECT_LT(((a.gradients - b.gradients).norm() / b.gradients.norm()).item<double>(), 1e-5) << what;
}

template <class Divergence>
void padding_counts_nothing(const Divergence& divergence) {
    const made_folder folder;
    const fs::path file = folder / "teacher";
    const tiny bare_student = small_model(64, 0.4), bare_teacher = small_model(64, 0.6);
    const outcome live = taught(bare_student, bare_teacher, divergence, 0);
    EXPECT_GT(live.divergence, 0.01);
    for (const auto& [student_rows, teacher_rows] : {std::pair{31, 40}, {40, 31}, {48, 40}, {40, 48}, {40, 40}}) {
        const std::string heads = std::to_string(student_rows) + " and " + std::to_string(teacher_rows) + " rows";
        const tiny student = padded(student_rows, 0.4), teacher = padded(teacher_rows, 0.6);
        expect_same(taught(student, teacher, divergence, 31), live, "live, " + heads);
        for (const std::int64_t k : {31, 4}) {
            aha::cache_teacher(bare_teacher, made_examples(8), file, {.k = k});
            const outcome bare = taught(bare_student, aha::teacher_cache{file}, divergence, 0);
            aha::cache_teacher(teacher, made_examples(8), file, {.k = k, .vocabulary = 31});
            const aha::teacher_cache cache{file};
            expect_same(taught(student, cache, divergence, 31), bare, "k " + std::to_string(k) + ", " + heads);
            if (k == 31) expect_same(taught(student, cache, divergence, 31), live, "cached and live, " + heads);
        }
    }
}

TEST(distill_vocabulary, rows_that_pad_either_head_count_nothing_with_forward_kl) {
    padding_counts_nothing(aha::forward_kl{});
}
TEST(distill_vocabulary, rows_that_pad_either_head_count_nothing_with_reverse_kl) {
    padding_counts_nothing(aha::reverse_kl{});
}
TEST(distill_vocabulary, rows_that_pad_either_head_count_nothing_with_jsd) {
    padding_counts_nothing(aha::generalized_jsd{});
}

/// A teacher with the tokenizer that says which of its rows are tokens.
struct teacher_with_tokenizer {
    tiny model;
    aha::testing::arm_tokenizer tokenizer{31};
};

TEST(distill_vocabulary, a_cache_knows_it_from_the_teachers_tokenizer_and_tells_the_trainer) {
    const made_folder folder;
    const fs::path file = folder / "teacher";
    aha::cache_teacher(teacher_with_tokenizer{padded(40, 0.6)}, made_examples(8), file, {.k = 4});
    const aha::teacher_cache cache{file};
    EXPECT_EQ(cache.options().vocabulary, 31);
    EXPECT_EQ(cache.options().padding, 9);
    for (std::size_t i = 0; i < cache.size(); ++i)
        EXPECT_LT(cache.rows(i, made_examples(8)[i]).ids.max().item<std::int64_t>(), 31);
    for (const std::int64_t rows : {31, 48}) {
        tiny student = padded(rows, 0.4);
        aha::distill trainer{student, cache, made_examples(8), aha::distill_options{.batch_size = 8}};
        EXPECT_NEAR(trainer.step().metric("loss"), taught(small_model(64, 0.4), cache, aha::forward_kl{}, 0).divergence,
                    1e-6);
    }
}

TEST(distill_vocabulary, a_cache_of_another_vocabulary_is_refused_with_both_numbers) {
    const made_folder folder;
    const fs::path file = folder / "teacher";
    aha::cache_teacher(padded(40, 0.6), made_examples(8), file, {.k = 4});
    const aha::teacher_cache cache{file};
    tiny student = small_model(), wide = padded(48, 0.4);
    const auto refusal = [&](tiny& model, std::int64_t vocabulary) {
        return complaint([&] {
            aha::distill trainer{model, cache, made_examples(8), aha::distill_options{.vocabulary = vocabulary}};
        });
    };
    EXPECT_THAT(refusal(student, 31), AllOf(HasSubstr("holds probabilities of 40 tokens, but the vocabulary has 31"),
                                            HasSubstr("the option vocabulary of cache_teacher")));
    EXPECT_THAT(refusal(student, 0), HasSubstr("31 and 40 tokens"));
    EXPECT_THAT(refusal(wide, 0), HasSubstr("48 and 40 tokens"));
    EXPECT_EQ(refusal(wide, 40), "no complaint");
    EXPECT_THAT(complaint([&] { aha::cache_teacher(student, made_examples(8), file, {.k = 4, .vocabulary = 32}); }),
                HasSubstr("the vocabulary has 32 tokens, but the teacher's head has only 31 rows"));
    EXPECT_THAT(complaint([&] { aha::cache_teacher(wide, made_examples(8), file, {.k = 32, .vocabulary = 31}); }),
                HasSubstr("k must be in [1, 31]"));
}

TEST(distill_vocabulary, cache_teacher_refuses_what_the_teacher_cannot_read_before_it_runs) {
    const made_folder folder;
    const fs::path file = folder / "teacher";
    std::vector<aha::supervised_example> examples = made_examples(5);
    examples[3].ids.assign(20, 4);
    examples[3].loss_mask.assign(20, 1), examples[3].loss_mask[0] = 0;
    EXPECT_THAT(complaint([&] { aha::cache_teacher(small_model(12), examples, file, {.k = 4}); }),
                HasSubstr("example 3 has 20 tokens, more than the teacher's context of 12"));
    examples[3].ids[7] = 31;
    EXPECT_THAT(complaint([&] { aha::cache_teacher(small_model(), examples, file, {.k = 4}); }),
                HasSubstr("example 3 holds token 31, but the teacher has 31 tokens"));
    EXPECT_FALSE(fs::exists(file));
    tiny student = padded(40, 0.4);
    const tiny teacher = small_model();
    EXPECT_THAT(complaint([&] {
                    aha::distill t{student, teacher, examples, aha::distill_options{.vocabulary = 31}};
                }),
                HasSubstr("example 3 holds token 31, but the teacher has 31 tokens"));
}

aha::autoregressive_sampler<aha::testing::arm_tokenizer> sampler(std::int64_t tokens) {
    return aha::autoregressive_sampler{aha::testing::arm_tokenizer{48},
                                       aha::sampling_options{.max_new_tokens = tokens}};
}

TEST(distill_vocabulary, a_student_that_answers_stays_within_its_teachers_context) {
    const tiny teacher = small_model(12, 0.3);
    const std::vector<aha::supervised_example> examples{{0, {1, 2, 3}, {0, 0, 1}},
                                                        {1, {1, 2, 3, 4, 5, 6}, {0, 0, 0, 0, 0, 1}}};
    const aha::distill_options options{.batch_size = 2, .rows = {.epochs = 3}, .on_policy = 1};
    tiny student = small_model(64);
    aha::distill trainer{student, teacher, examples, options, sampler(40)};
    for (const aha::step_report& step : trainer.steps())
        EXPECT_EQ(step.metric("completions/mean_length"), (10 + 7) / 2.0);  // 12 less a prompt of 2 and of 5
    EXPECT_EQ(trainer.steps_done(), 3);

    // A sampler that takes no other budget is cut.
    tiny other = small_model(64);
    aha::distill told{other, teacher, examples, options,
                      aha::testing::scripted_sampler{letters(), {std::vector<aha::token_id>(30, 1)}}};
    EXPECT_EQ(told.step().metric("completions/mean_length"), (10 + 7) / 2.0);
}

TEST(distill_vocabulary, a_budget_that_is_smaller_draws_the_same_tokens) {
    const tiny model = small_model(64, 0.4);
    const std::vector<aha::supervised_example> examples{{0, {1, 2, 3}, {0, 0, 1}}};
    const auto answer = [&](const aha::answer_limits& limits) {
        std::vector<aha::distill_item> items{{&examples[0], 0, false}};
        auto limited = aha::limited_sampler(sampler(20), limits, examples, model);
        return aha::answer_as_student(model, limited, std::span{items}, 1, {4, 1}, aha::one_process{}, limits)
            .examples[0]
            .ids;
    };
    const std::vector<aha::token_id> whole = answer({}), cut = answer({.context = 9});
    EXPECT_EQ(whole.size(), 22U);
    EXPECT_EQ(cut, std::vector<aha::token_id>(whole.begin(), whole.begin() + 9));
    EXPECT_EQ(aha::limited_sampler(sampler(20), {.context = 9}, examples, model).options().max_new_tokens, 7);
}

TEST(distill_vocabulary, a_student_samples_no_token_that_pads_its_head) {
    const tiny teacher = small_model(64, 0.3);
    tiny student = padded(48, 0.4);
    {
        const at::NoGradGuard none;
        student.weights()[0].narrow(0, 31, 17).mul_(20);  // padding that is likelier than any token
        student.refresh();
    }
    const aha::distill_options options{.batch_size = 8, .on_policy = 1, .vocabulary = 31};
    aha::distill trainer{student, teacher, made_examples(8), options, sampler(6)};
    EXPECT_EQ(trainer.step().metric("completions/mean_length"), 6);

    aha::distill told{student, teacher, made_examples(8), options,
                      aha::testing::scripted_sampler{letters(), {{1, 40}}}};
    EXPECT_THAT(complaint([&] { told.step(); }),
                AllOf(HasSubstr("gave token 40 for example"), HasSubstr("share 31 tokens")));
}

}  // namespace
