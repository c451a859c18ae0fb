#include <ATen/ATen.h>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <aha/core/random.hpp>
#include <aha/loss/dft.hpp>
#include <aha/model/files/weights.hpp>
#include <aha/train/sft.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/made_examples.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::complaint;
using aha::test::made_examples;
using aha::test::small_model;
using tiny = aha::decoder<aha::cpu<float>>;

const std::filesystem::path data{AHA_TEST_DATA};

tiny loaded() {
    const aha::weight_source source{data / "model" / "data" / "decoder_llama"};
    tiny model{source.config()};
    const at::NoGradGuard no_gradients;
    for (const aha::weight_part& part : tiny::parts(model.config()))
        model.weights()[part.slot].narrow(0, part.row, part.rows).copy_(source.load(part.name));
    model.refresh();
    return model;
}

std::vector<aha::supervised_example> examples_of(const nlohmann::json& list) {
    std::vector<aha::supervised_example> all;
    for (const nlohmann::json& one : list)
        all.push_back({std::ssize(all), one.at("input_ids").get<std::vector<aha::token_id>>(),
                       one.at("completion_mask").get<std::vector<std::uint8_t>>()});
    return all;
}

/// Twenty steps from the weights, examples and options of tests/golden/make_sft_golden.py: padded there, packed here.
template <class Loss>
void follows_trl(const std::string& name, const Loss& loss, std::int64_t microbatch_tokens) {
    const auto golden = nlohmann::json::parse(std::ifstream{data / "train" / "data" / "sft.json"});
    const auto& cases = golden.at("cases");
    const auto found =
        std::find_if(cases.begin(), cases.end(), [&](const auto& one) { return one.at("loss_type") == name; });
    ASSERT_NE(found, cases.end());
    tiny model = loaded();
    aha::sft trainer{
        model,
        examples_of(golden.at("train")),
        {.batch_size = golden.at("batch").get<std::int64_t>(),
         .learning_rate = 3e-3,
         .rows = {.shuffle = false},
         .microbatch_tokens = microbatch_tokens},
        loss,
        aha::adamw{{.weight_decay = 0.01}},
        aha::warmup_schedule{{.warmup_steps = 3, .total_steps = 20, .shape = aha::decay_shape::cosine, .floor = 0.1}}};
    const auto held_out = examples_of(golden.at("held_out"));
    const auto evaluations = found->at("eval_losses").template get<std::vector<double>>();
    EXPECT_NEAR(trainer.evaluate(held_out), evaluations.front(), 1e-4);
    ASSERT_EQ(trainer.total_steps(), 20);
    for (const aha::step_report& step : trainer.steps()) {
        const auto at = static_cast<std::size_t>(step.step - 1);
        EXPECT_NEAR(step.metric("loss"), found->at("losses").at(at).template get<double>(), 1e-4) << at;
        EXPECT_NEAR(step.metric("grad_norm"), found->at("grad_norms").at(at).template get<double>(), 1e-3) << at;
        EXPECT_NEAR(step.metric("learning_rate"), found->at("learning_rates").at(at).template get<double>(), 1e-8);
    }
    EXPECT_EQ(trainer.steps_done(), 20);
    EXPECT_NEAR(trainer.evaluate(held_out), evaluations.back(), 1e-4);
}

TEST(sft, losses_gradients_and_rates_of_twenty_steps_are_those_of_trl) {
    follows_trl("nll", aha::cross_entropy{}, 4096);
    follows_trl("nll", aha::cross_entropy{}, 20);  // many microbatches, one denominator
}
TEST(sft, dft_is_that_of_trl) { follows_trl("dft", aha::dft{}, 4096); }

double relative(const at::Tensor& a, const at::Tensor& b) { return ((a - b).norm() / b.norm()).item<double>(); }

at::Tensor gradient(const tiny& model, const std::vector<const aha::supervised_example*>& batch, std::int64_t budget) {
    model.weights().zero_gradients();
    aha::accumulate_supervised(model, aha::cross_entropy{}, batch, budget);
    return model.weights().gradients().clone();
}

TEST(sft, gradient_does_not_depend_on_microbatches_packing_or_order) {
    const tiny model = small_model();
    const auto examples = made_examples(12);
    std::vector<const aha::supervised_example*> batch;
    for (const auto& one : examples) batch.push_back(&one);
    const at::Tensor whole = gradient(model, batch, 1000);
    ASSERT_GT(whole.norm().item<double>(), 0);
    for (const std::int64_t budget : {1, 13, 40}) EXPECT_LT(relative(gradient(model, batch, budget), whole), 1e-6);
    std::reverse(batch.begin(), batch.end());
    EXPECT_LT(relative(gradient(model, batch, 29), whole), 1e-6);
    // Each alone, with the denominator of all: nothing is seen of the neighbours.
    double tokens = 0;
    for (const auto* one : batch) tokens += static_cast<double>(aha::learned_tokens(*one));
    at::Tensor sum = at::zeros_like(whole);
    for (const auto* one : batch)
        sum.add_(gradient(model, {one}, 1000) * (static_cast<double>(aha::learned_tokens(*one)) / tokens));
    EXPECT_LT(relative(sum, whole), 1e-6);
}

template <class Tensor>
class resumed_sft : public testing::Test {};
using both_types = testing::Types<aha::cpu<float>, aha::cpu<aha::bfloat16>>;
TYPED_TEST_SUITE(resumed_sft, both_types);

TYPED_TEST(resumed_sft, goes_on_bit_for_bit_across_epochs) {
    const aha::sft_options options{
        .batch_size = 3, .learning_rate = 1e-2, .rows = {.row_tokens = 20, .pack = true, .seed = 3, .epochs = 4}};
    auto whole = small_model<TypeParam>();
    aha::sft straight{whole, made_examples(17), options};
    for (const aha::step_report& step : straight.steps()) EXPECT_TRUE(std::isfinite(step.metric("loss")));
    for (std::int64_t stop = 1; stop < straight.total_steps(); stop += 2) {
        auto first = small_model<TypeParam>();
        aha::sft begun{first, made_examples(17), options};
        while (begun.steps_done() < stop) begun.step();
        const aha::state saved = begun.save();
        auto second = small_model<TypeParam>();
        aha::sft resumed{second, made_examples(17), options};
        resumed.load(saved);
        for (const aha::step_report& step : resumed.steps()) EXPECT_GT(step.step, stop);
        EXPECT_TRUE(at::equal(second.weights().values(), whole.weights().values())) << "stopped after " << stop;
    }
}

TEST(sft, evaluates_as_often_as_told_and_after_the_last_step) {
    tiny model = small_model();
    aha::sft trainer{model, made_examples(10), {.batch_size = 2, .evaluate_every = 2}};
    trainer.evaluate_on(made_examples(4));
    std::vector<std::int64_t> evaluated;
    for (const aha::step_report& step : trainer.steps())
        if (step.find_metric("eval_loss")) evaluated.push_back(step.step);
    EXPECT_THAT(evaluated, testing::ElementsAre(2, 4, 5));
}

TEST(sft, learns) {
    tiny model = small_model();
    const auto examples = made_examples(12);
    aha::sft trainer{model, examples, {.batch_size = 4, .learning_rate = 1e-2, .rows = {.epochs = 40}}};
    const double before = trainer.evaluate(examples);
    for (const aha::step_report& step : trainer.steps()) EXPECT_LE(step.step, 120);
    EXPECT_LT(trainer.evaluate(examples), 0.5 * before);
}

TEST(sft, bad_examples_and_options_are_named) {
    tiny model = small_model();
    using testing::HasSubstr;
    EXPECT_THAT(complaint([&] { aha::sft{model, {}, aha::sft_options{}}; }), HasSubstr("no examples"));
    EXPECT_THAT(complaint([&] {
                    aha::sft{model, made_examples(9), {.rows = {.row_tokens = 5}}};
                }),
                HasSubstr("more than the 5 of a row"));
    auto unlearned = made_examples(3);
    for (auto& mark : unlearned[1].learned) mark = 0;
    EXPECT_THAT(complaint([&] {
                    aha::sft{model, unlearned, aha::sft_options{}};
                }),
                HasSubstr("example 1 has no token to learn"));
    EXPECT_THAT(complaint([&] { aha::sft{model, made_examples(3), {.batch_size = 0}}; }), HasSubstr("batch_size"));
    auto shallow = small_model(8);
    EXPECT_THAT(complaint([&] { aha::sft{shallow, made_examples(9), aha::sft_options{}}; }), HasSubstr("context of 8"));
    aha::sft done{model, made_examples(3), {.batch_size = 3}};
    done.step();
    EXPECT_THAT(complaint([&] { done.step(); }), HasSubstr("ran out after 1 steps"));
    aha::sft other{model, made_examples(4), {.batch_size = 3}};
    EXPECT_THAT(complaint([&] { other.load(done.save()); }), HasSubstr("other examples"));
}

}  // namespace
