#include <ATen/ATen.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <torch/csrc/autograd/autograd.h>
#include <utility>
#include <vector>

#include <aha/core/random.hpp>
#include <aha/loss/divergence/generalized_jsd.hpp>
#include <aha/loss/divergence/reverse_kl.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/testing/tolerance.hpp>
#include <aha/update/cache_teacher.hpp>
#include <aha/train/distill.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/made_examples.hpp>
#include <tests/support/made_folder.hpp>
#include <tests/support/relative_error.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

namespace fs = std::filesystem;
using aha::test::made_examples;
using aha::test::made_folder;
using aha::test::relative_error;
using aha::test::small_model;
using tiny = aha::decoder<aha::cpu<float>>;
using testing::HasSubstr;

/// A teacher of another shape than the students, over `vocabulary` tokens.
tiny larger_model(std::int64_t vocabulary = 31, std::int64_t context = 64) {
    aha::decoder_config config;
    config.architecture = "qwen2";
    config.vocabulary_size = vocabulary;
    config.hidden_size = 24;
    config.intermediate_size = 32;
    config.layers = 2;
    config.heads = 4;
    config.kv_heads = 4;
    config.head_dim = 6;
    config.context = context;
    tiny model{config};
    aha::initialize(model, 8, 0.3);
    return model;
}

auto sampler() {
    return aha::autoregressive_sampler{aha::testing::arm_tokenizer{31}, aha::sampling_options{.max_new_tokens = 5}};
}

std::vector<aha::distill_item> items_of(const std::vector<aha::supervised_example>& examples) {
    std::vector<aha::distill_item> items;
    for (std::size_t i = 0; i < examples.size(); ++i) items.push_back({&examples[i], i, false});
    return items;
}

template <class Teacher>
at::Tensor gradient(const tiny& student, const Teacher& teacher, std::span<const aha::distill_item> items,
                    const aha::distill_options& options, aha::distill_sums* sums = nullptr) {
    student.weights().zero_gradients();
    const aha::distill_sums of_pass =
        aha::accumulate_distillation(student, teacher, aha::generalized_jsd{}, items, options);
    if (sums != nullptr) *sums = of_pass;
    return student.weights().gradients().clone();
}

TEST(distill, loss_and_gradient_are_those_of_whole_logits_example_by_example) {
    const tiny student = small_model(), teacher = larger_model();
    const auto examples = made_examples(5);
    auto items = items_of(examples);
    items[1].sampled = items[3].sampled = true;  // no cross-entropy there
    const aha::distill_options options{.temperature = 1.5, .cross_entropy = 0.25};
    aha::distill_sums sums;
    const at::Tensor actual = gradient(student, teacher, items, options, &sums);

    student.weights().zero_gradients();
    at::Tensor divergence = at::zeros({}), cross_entropy = at::zeros({});
    double tokens = 0;
    for (const aha::distill_item& item : items) {
        aha::packed_trees row;
        const std::int64_t n = std::ssize(item.example->ids);
        row.ids = at::tensor(item.example->ids, at::kLong);
        row.positions = at::arange(n, at::kLong);
        row.trees = {{{0, n}, {}}};
        const auto logits = [&](const tiny& model, const at::Tensor& head) {
            return at::linear(model.hidden(row), head).narrow(0, 1, n - 2);  // the third token is the first learned
        };
        const at::Tensor student_logits = logits(student, student.head().weight);
        const at::Tensor log_q = at::log_softmax(student_logits / 1.5, 1);
        const at::Tensor log_p = at::log_softmax(logits(teacher, teacher.head().weight).detach() / 1.5, 1);
        const at::Tensor log_m = (0.5 * (log_p.exp() + log_q.exp())).log();
        divergence = divergence + 0.5 * (log_p.exp() * (log_p - log_m) + log_q.exp() * (log_q - log_m)).sum();
        if (!item.sampled)
            cross_entropy =
                cross_entropy -
                at::log_softmax(student_logits, 1).gather(1, row.ids.narrow(0, 2, n - 2).unsqueeze(1)).sum();
        tokens += static_cast<double>(n - 2);
    }
    torch::autograd::backward({(divergence + 0.25 * cross_entropy) / tokens}, {});
    EXPECT_EQ(sums.tokens, tokens);
    EXPECT_NEAR(sums.divergence, divergence.item<double>() / tokens, 1e-6);
    EXPECT_NEAR(sums.cross_entropy, cross_entropy.item<double>() / tokens, 1e-6);
    EXPECT_LT(relative_error(actual, student.weights().gradients()), 1e-5);
    EXPECT_FALSE(teacher.weights().gradients().ne(0).any().item<bool>());
}

TEST(distill, gradient_does_not_depend_on_microbatches_or_order) {
    const tiny student = small_model(), teacher = larger_model();
    const auto examples = made_examples(12);
    auto items = items_of(examples);
    items[4].sampled = true;
    aha::distill_options options{.cross_entropy = 0.5};
    options.microbatch_tokens = 1000;
    const at::Tensor whole = gradient(student, teacher, items, options);
    ASSERT_GT(whole.norm().item<double>(), 0);
    for (const std::int64_t budget : {1, 13, 40}) {
        options.microbatch_tokens = budget;
        EXPECT_LT(relative_error(gradient(student, teacher, items, options), whole), 1e-6) << budget;
    }
    std::reverse(items.begin(), items.end());
    EXPECT_LT(relative_error(gradient(student, teacher, items, options), whole), 1e-6);
}

TEST(distill, a_cache_of_all_tokens_teaches_as_its_teacher_does) {
    const made_folder folder;
    const fs::path file = folder / "teacher";
    const tiny student = small_model(), teacher = larger_model();
    const auto examples = made_examples(9);
    const auto items = items_of(examples);
    aha::cache_teacher(teacher, examples, file, {.k = 31, .temperature = 2, .microbatch_tokens = 20});
    const aha::teacher_cache cache{file};
    for (const std::int64_t budget : {1000, 15}) {
        const aha::distill_options options{.temperature = 2, .microbatch_tokens = budget};
        aha::distill_sums cached, live;
        const at::Tensor gradients = gradient(student, cache, items, options, &cached);
        EXPECT_LT(relative_error(gradients, gradient(student, teacher, items, options, &live)), 1e-5);
        EXPECT_NEAR(cached.divergence, live.divergence, 1e-6);
    }
}

TEST(distill, a_student_comes_near_its_teacher_with_each_divergence_and_source_of_tokens) {
    const tiny teacher = larger_model();
    const auto run = [&](const auto& divergence, double on_policy) {
        tiny student = small_model();
        aha::distill trainer{
            student,          teacher,
            made_examples(8), {.batch_size = 8, .learning_rate = 1e-2, .rows = {.epochs = 60}, .on_policy = on_policy},
            divergence,       sampler()};
        std::vector<double> losses;
        for (const aha::step_report& step : trainer.steps()) losses.push_back(step.metric("divergence"));
        return std::pair{losses.front(), losses.back()};
    };
    for (const double on_policy : {0.0, 1.0}) {
        for (const auto& [before, after] : {run(aha::forward_kl{}, on_policy), run(aha::reverse_kl{}, on_policy),
                                            run(aha::generalized_jsd{}, on_policy)}) {
            EXPECT_GT(before, 0.01);
            EXPECT_LT(after, before * (on_policy > 0 ? 0.75 : 0.6)) << on_policy;  // its own answers change
        }
    }
}

TEST(distill, a_bandit_takes_its_teachers_probabilities) {
    aha::testing::bandit student{{0, 0, 0}};
    const aha::testing::bandit teacher{{1, 0, -1}};
    aha::distill trainer{student,
                         teacher,
                         {{0, {0, 1, 2}, {0, 1, 1}}},
                         {.learning_rate = 0.05, .rows = {.epochs = 400}},
                         aha::reverse_kl{},
                         aha::warmup_schedule{{.total_steps = 400, .shape = aha::decay_shape::cosine}}};
    for (const aha::step_report& step : trainer.steps()) EXPECT_EQ(step.metric("tokens/trained"), 2);
    const auto probabilities = [](const aha::testing::bandit& b) { return at::softmax(b.weights()[0].detach(), 0); };
    EXPECT_EQ((aha::testing::tolerance{1e-3, 0}.excess(probabilities(student), probabilities(teacher))), "");
}

TEST(distill, the_student_answers_its_share_of_prompts_and_only_answers_count) {
    const tiny model = small_model(64, 0.5);
    const auto examples = made_examples(400);
    auto answers_of = [&](double share, std::uint64_t step) {
        auto items = items_of(examples);
        auto s = sampler();
        auto answers = aha::answer_as_student(model, s, std::span{items}, share, aha::random_key{4, step});
        return std::pair{std::move(answers), items};
    };
    const auto [half, items] = answers_of(0.5, 3);
    EXPECT_NEAR(static_cast<double>(half.examples.size()), 200, 35);
    std::int64_t tokens = 0;
    std::size_t sampled = 0;
    for (const aha::distill_item& item : items) {
        if (!item.sampled) {
            EXPECT_EQ(item.example, &examples[item.place]);
            continue;
        }
        EXPECT_EQ(item.example, &half.examples[sampled++]);
        const aha::supervised_example& from = examples[item.place];
        EXPECT_TRUE(std::equal(from.ids.begin(), from.ids.begin() + 2, item.example->ids.begin()));
        EXPECT_EQ(item.example->loss_mask, (std::vector<std::uint8_t>{0, 0, 1, 1, 1, 1, 1}));
        tokens += 5;
    }
    EXPECT_EQ(half.tokens, tokens);
    EXPECT_EQ(answers_of(0.5, 3).first.examples, half.examples);
    EXPECT_NE(answers_of(0.5, 4).first.examples, half.examples);
    EXPECT_EQ(answers_of(1, 3).first.examples.size(), 400U);
    EXPECT_TRUE(answers_of(0, 3).first.examples.empty());
}

TEST(distill, the_report_says_what_was_learned_from) {
    tiny student = small_model();
    const tiny teacher = larger_model();
    aha::distill trainer{
        student, teacher, made_examples(6), {.batch_size = 6, .on_policy = 1, .cross_entropy = 0.5}, sampler()};
    const aha::step_report step = trainer.step();
    EXPECT_EQ(step.metric("on_policy"), 1);
    EXPECT_EQ(step.metric("completions/mean_length"), 5);
    EXPECT_EQ(step.metric("tokens/trained"), 30);
    EXPECT_EQ(step.metric("num_tokens"), 42);
    EXPECT_EQ(step.metric("cross_entropy"), 0) << "nothing of the data was learned from";
    EXPECT_EQ(step.metric("loss"), step.metric("divergence"));
    EXPECT_EQ(step.metric("learning_rate"), 1e-4);
    EXPECT_EQ(step.step, 1);
    EXPECT_EQ(step.total_steps, 1);
    EXPECT_THROW(trainer.step(), aha::error);
}

template <class Tensor>
class resumed_distill : public testing::Test {};
using both_types = testing::Types<aha::cpu<float>, aha::cpu<aha::bfloat16>>;
TYPED_TEST_SUITE(resumed_distill, both_types);

TYPED_TEST(resumed_distill, goes_on_bit_for_bit_across_epochs) {
    const tiny teacher = larger_model();
    const aha::distill_options options{.batch_size = 3,
                                       .learning_rate = 1e-2,
                                       .rows = {.row_tokens = 20, .pack = true, .seed = 3, .epochs = 3},
                                       .on_policy = 0.5,
                                       .cross_entropy = 0.1,
                                       .seed = 7};
    auto whole = small_model<TypeParam>();
    aha::distill straight{whole, teacher, made_examples(13), options, sampler()};
    std::vector<double> losses;
    for (const aha::step_report& step : straight.steps()) losses.push_back(step.metric("loss"));
    for (std::int64_t stop = 1; stop < straight.total_steps(); ++stop) {
        auto first = small_model<TypeParam>();
        aha::distill begun{first, teacher, made_examples(13), options, sampler()};
        while (begun.steps_done() < stop) begun.step();
        const aha::state saved = begun.save();
        auto second = small_model<TypeParam>();
        aha::distill resumed{second, teacher, made_examples(13), options, sampler()};
        resumed.load(saved);
        for (const aha::step_report& step : resumed.steps())
            EXPECT_EQ(step.metric("loss"), losses.at(static_cast<std::size_t>(step.step - 1)));
        EXPECT_EQ(resumed.steps_done(), straight.total_steps());
        EXPECT_TRUE(at::equal(second.weights().values(), whole.weights().values())) << "stopped after " << stop;
    }
}

TEST(distill, refuses_what_makes_no_sense) {
    const made_folder folder;
    const fs::path file = folder / "teacher";
    tiny student = small_model();
    const tiny teacher = larger_model(), wide = larger_model(33), short_one = larger_model(31, 8);
    const auto message = [&](const auto& from, const aha::distill_options& options, std::size_t examples = 9) {
        return aha::test::complaint([&] {
            aha::distill trainer{student, from, made_examples(examples), options, sampler()};
        });
    };
    EXPECT_THAT(message(teacher, {.temperature = 0}), HasSubstr("temperature must be positive, not 0"));
    EXPECT_THAT(message(teacher, {.on_policy = 1.5}), HasSubstr("on_policy must be in [0, 1], not 1.5"));
    EXPECT_THAT(message(teacher, {.cross_entropy = -1}), HasSubstr("cross_entropy must be 0 (off) or more, not -1"));
    EXPECT_THAT(message(wide, {}), HasSubstr("31 and 33 tokens"));
    EXPECT_EQ(message(wide, {.vocabulary = 30}), "no complaint");
    EXPECT_THAT(message(short_one, {}), HasSubstr("the teacher's context of 8"));

    aha::cache_teacher(teacher, made_examples(9), file, {.k = 4});
    const aha::teacher_cache cache{file};
    EXPECT_EQ(message(cache, {}), "no complaint");
    EXPECT_THAT(message(cache, {.on_policy = 0.5}), HasSubstr("on_policy must be 0, not 0.5"));
    EXPECT_THAT(message(cache, {.temperature = 2}), HasSubstr("was made at temperature 1, not 2"));
    EXPECT_THAT(message(cache, {}, 8), HasSubstr("answers to 9 examples, but there are 8"));
    aha::cache_teacher(wide, made_examples(9), file, {.k = 4});
    EXPECT_THAT(message(aha::teacher_cache{file}, {}), HasSubstr("31 and 33 tokens"));
    EXPECT_THROW(aha::cache_teacher(teacher, made_examples(1), file, {.k = 32}), aha::error);

    EXPECT_THROW((aha::distill{student, teacher, made_examples(2), {.on_policy = 0.5}}), aha::error)
        << "there is no sampler";

    const aha::distill_options options{};
    aha::distill one{student, teacher, made_examples(2), options};
    const aha::state saved = one.save();
    aha::distill other{student, teacher, made_examples(2), aha::distill_options{.seed = 1}};
    EXPECT_THROW(other.load(saved), aha::error);
    aha::distill others{student, teacher, made_examples(3), options};
    EXPECT_THROW(others.load(saved), aha::error);
}

TEST(distill, a_gradient_that_is_not_finite_leaves_the_student_as_it_was) {
    tiny student = small_model();
    const tiny teacher = larger_model();
    {
        const at::NoGradGuard no_gradients;
        teacher.weights().values().mul_(std::numeric_limits<float>::infinity());
    }
    const at::Tensor before = student.weights().values().clone();
    aha::distill trainer{student, teacher, made_examples(4), {}};
    EXPECT_THROW(trainer.step(), aha::error);
    EXPECT_TRUE(at::equal(student.weights().values(), before));
    EXPECT_EQ(trainer.steps_done(), 0);
}

TEST(distill, another_batch_size_on_resume_learns_each_example_once) {
    const tiny teacher = larger_model();
    double tokens = 0;
    for (const auto& one : made_examples(12)) tokens += static_cast<double>(one.ids.size());
    for (const std::int64_t batch : {1, 2}) {
        tiny begun = small_model(), student = small_model();
        aha::distill first{begun, teacher, made_examples(12), {.batch_size = 3}};
        first.step(), first.step();
        aha::distill second{student, teacher, made_examples(12), {.batch_size = batch}};
        second.load(first.save());
        EXPECT_THAT(second.notes(), testing::Contains(HasSubstr("4 before: batch size or epochs")));
        aha::step_report last;
        for (const aha::step_report& step : second.steps()) last = step;
        EXPECT_EQ(second.steps_done(), 2 + (6 + batch - 1) / batch);
        EXPECT_EQ(second.steps_done(), second.total_steps());
        EXPECT_EQ(last.metric("num_tokens"), tokens);
    }
}

TEST(distill, the_report_says_what_the_teacher_read) {
    const made_folder folder;
    const fs::path file = folder / "teacher";
    tiny student = small_model();
    const tiny teacher = larger_model();
    const auto examples = made_examples(6);
    double tokens = 0;
    for (const auto& one : examples) tokens += static_cast<double>(one.ids.size());
    aha::distill live{student, teacher, examples, {.batch_size = 6}};
    const aha::step_report step = live.step();
    EXPECT_EQ(step.metric("tokens/teacher"), tokens);
    EXPECT_GT(step.metric("time/teacher"), 0);
    EXPECT_LE(step.metric("time/teacher") + step.metric("time/train"), step.metric("step_time"));
    aha::cache_teacher(teacher, examples, file, {.k = 4});
    const aha::teacher_cache cache{file};
    aha::distill cached{student, cache, examples, {.batch_size = 6}};
    EXPECT_EQ(cached.step().metric("tokens/teacher"), tokens);
}

/// Forward KL, or no number while `broken`.
struct breakable : aha::forward_kl {
    std::shared_ptr<bool> broken = std::make_shared<bool>(false);
    aha::divergence_output operator()(const at::Tensor& log_q, const at::Tensor& log_p) const {
        aha::divergence_output kl = aha::forward_kl::operator()(log_q, log_p);
        return *broken ? aha::divergence_output{kl.values * NAN, kl.slopes * NAN} : kl;
    }
};

TEST(distill, after_a_gradient_that_is_not_finite_the_same_data_come_again) {
    tiny student = small_model(), twin = small_model();
    const tiny teacher = larger_model();
    const breakable loss;
    const aha::distill_options options{.batch_size = 3, .learning_rate = 1e-2, .on_policy = 0.5};
    aha::distill trainer{student, teacher, made_examples(12), options, sampler(), loss};
    aha::distill straight{twin, teacher, made_examples(12), options, sampler(), breakable{}};
    trainer.step(), straight.step();
    const auto before = trainer.save();
    *loss.broken = true;
    EXPECT_THROW(trainer.step(), aha::error);
    *loss.broken = false;
    auto after = trainer.save();
    after.values["seconds"] = before.values.at("seconds");
    EXPECT_EQ(after.values, before.values);
    for (const auto& [name, tensor] : before.tensors) EXPECT_TRUE(at::equal(tensor, after.tensors.at(name))) << name;
    trainer.step(), trainer.step();
    trainer.load(before);  // and what was saved is still what it was
    for (int n = 0; n < 3; ++n) EXPECT_EQ(trainer.step().metric("loss"), straight.step().metric("loss"));
    EXPECT_TRUE(at::equal(student.weights().values(), twin.weights().values()));
}

}  // namespace
