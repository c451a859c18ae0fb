#include <ATen/ATen.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <aha/core/random.hpp>
#include <aha/loss/dft.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <aha/train/sft.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/made_examples.hpp>
#include <tests/support/relative_error.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::complaint;
using aha::test::made_examples;
using aha::test::relative_error;
using aha::test::small_model;
using tiny = aha::decoder<aha::cpu<float>>;

const std::filesystem::path data{AHA_TEST_DATA};

tiny loaded() { return aha::load_bare_decoder(data / "model" / "data" / "decoder_llama"); }

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
    for (const std::int64_t budget : {1, 13, 40})
        EXPECT_LT(relative_error(gradient(model, batch, budget), whole), 1e-6);
    std::reverse(batch.begin(), batch.end());
    EXPECT_LT(relative_error(gradient(model, batch, 29), whole), 1e-6);
    // Each alone, with the denominator of all: nothing is seen of the neighbors.
    double tokens = 0;
    for (const auto* one : batch) tokens += static_cast<double>(aha::num_loss_tokens(*one));
    at::Tensor sum = at::zeros_like(whole);
    for (const auto* one : batch)
        sum.add_(gradient(model, {one}, 1000) * (static_cast<double>(aha::num_loss_tokens(*one)) / tokens));
    EXPECT_LT(relative_error(sum, whole), 1e-6);
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
    trainer.set_eval_examples(made_examples(4));
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
    for (auto& mark : unlearned[1].loss_mask) mark = 0;
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

const aha::sft_options four{.batch_size = 4, .rows = {.row_tokens = 64, .seed = 2}};

TEST(sft, another_batch_size_on_resume_learns_each_example_once) {
    double tokens = 0;
    for (const auto& one : made_examples(40)) tokens += static_cast<double>(one.ids.size());
    for (const std::int64_t batch : {1, 2, 3, 8}) {
        auto begun = small_model(), model = small_model();
        aha::sft first{begun, made_examples(40), four};
        for (int i = 0; i < 5; ++i) first.step();
        aha::sft_options options = four;
        options.batch_size = batch;
        aha::sft second{model, made_examples(40), options};
        second.load(first.save());
        EXPECT_EQ(second.total_steps(), 5 + (20 + batch - 1) / batch);
        EXPECT_THAT(second.notes(), testing::Contains(testing::HasSubstr("10 before: batch size or epochs")));
        aha::step_report last;
        for (const aha::step_report& step : second.steps()) last = step;
        EXPECT_EQ(second.steps_done(), second.total_steps());
        EXPECT_EQ(last.metric("epoch"), 1);
        EXPECT_EQ(last.metric("num_tokens"), tokens);
        EXPECT_LT(last.metric("learning_rate"), 0.3e-4) << "the default schedule ends with the run, " << batch;
    }
}

TEST(sft, more_epochs_on_resume_follow_those_done) {
    auto begun = small_model(), model = small_model();
    aha::sft first{begun, made_examples(40), four};
    for (const aha::step_report& step : first.steps()) EXPECT_GT(step.step, 0);
    aha::sft_options options = four;
    options.rows.epochs = 3;
    aha::sft second{model, made_examples(40), options};
    second.load(first.save());
    EXPECT_EQ(second.total_steps(), 30);
    EXPECT_THAT(second.notes(), testing::Contains(testing::HasSubstr("its decay ends at step 30 (before: ends at step "
                                                                     "10)")));
    for (const aha::step_report& step : second.steps()) EXPECT_GT(step.step, 10);
    EXPECT_EQ(second.steps_done(), 30);
    EXPECT_THAT(complaint([&] { first.load(second.save()); }), testing::HasSubstr("in epoch 3, but there are to be 1"));
}

TEST(sft, goes_on_in_silence_where_nothing_is_otherwise) {
    auto model = small_model();
    aha::sft trainer{model, made_examples(40), four};
    trainer.step();
    trainer.load(trainer.save());
    EXPECT_THAT(trainer.notes(), testing::IsEmpty());
    auto faster = four;
    faster.learning_rate = 3e-4;
    aha::sft other{model, made_examples(40), faster};
    other.load(trainer.save());
    EXPECT_THAT(other.notes(), testing::ElementsAre(testing::HasSubstr("step 1 had 0.0001, by this run's options it "
                                                                       "would have had 0.0003")));
}

TEST(sft, what_was_saved_stays_while_the_trainer_goes_on) {
    auto model = small_model(), twin = small_model();
    const aha::sft_options options{.batch_size = 4, .learning_rate = 1e-2};
    aha::sft trainer{model, made_examples(40), options}, straight{twin, made_examples(40), options};
    trainer.step(), straight.step();
    const auto best = trainer.save();
    trainer.step(), trainer.step();
    trainer.load(best);
    EXPECT_EQ(trainer.steps_done(), 1);
    EXPECT_TRUE(at::equal(model.weights().values(), twin.weights().values()));
    trainer.step(), straight.step();
    EXPECT_TRUE(at::equal(model.weights().values(), twin.weights().values())) << "the optimizer was not taken back";
}

/// A loss that gives what is no number while `broken`.
struct breakable {
    std::shared_ptr<bool> broken = std::make_shared<bool>(false);
    at::Tensor operator()(const at::Tensor& log_probs) const { return *broken ? log_probs * NAN : -log_probs; }
};

TEST(sft, a_gradient_that_is_not_finite_leaves_all_as_it_was_and_the_data_come_again) {
    auto model = small_model(), twin = small_model();
    const breakable loss;
    aha::sft trainer{model, made_examples(40), four, loss}, straight{twin, made_examples(40), four, breakable{}};
    trainer.step(), straight.step();
    const aha::state before = trainer.save();
    *loss.broken = true;
    for (int i = 0; i < 3; ++i)
        EXPECT_THAT(complaint([&] { trainer.step(); }), testing::HasSubstr("gradient of step 2 is not finite"));
    *loss.broken = false;
    aha::state after = trainer.save();
    after.values["seconds"] = before.values["seconds"];
    EXPECT_EQ(after.values, before.values);
    for (const auto& [name, tensor] : before.tensors) EXPECT_TRUE(at::equal(tensor, after.tensors.at(name))) << name;
    EXPECT_EQ(trainer.step().metric("loss"), straight.step().metric("loss"));
    EXPECT_EQ(trainer.step().metric("num_tokens"), straight.step().metric("num_tokens"));
}

}  // namespace
