#include <aha/train/reward_trainer.hpp>

#include <ATen/ATen.h>
#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include <aha/core/random.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/relative_error.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::complaint;
using aha::test::relative_error;
using aha::test::small_model;
using testing::HasSubstr;

template <class Tensor = aha::cpu<float>>
aha::reward_model<aha::decoder<Tensor>> fresh_model(std::int64_t context = 64) {
    return aha::reward_model{small_model<Tensor>(context)};
}

std::vector<aha::token_id> draw(const aha::random_stream& random, std::uint64_t& n, std::uint64_t least) {
    std::vector<aha::token_id> ids(least + random.below(n++, 8));
    for (aha::token_id& id : ids) id = static_cast<aha::token_id>(random.below(n++, 30));
    return ids;
}

/// `count` pairs with a prompt in common; the chosen side ends with token 30, so that there is something to learn.
std::vector<aha::preference_pair> made_pairs(std::size_t count) {
    std::vector<aha::preference_pair> all(count);
    const aha::random_stream random{{31, 0, 0, 0}};
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::vector<aha::token_id> prompt = draw(random, n, 2);
        all[i] = {static_cast<std::int64_t>(i), prompt, prompt, 0.1 * static_cast<double>(i % 3)};
        for (auto* side : {&all[i].chosen, &all[i].rejected}) {
            const std::vector<aha::token_id> answer = draw(random, n, 1);
            side->insert(side->end(), answer.begin(), answer.end());
        }
        all[i].chosen.push_back(30);
    }
    return all;
}

std::vector<aha::labeled_text> made_texts(std::size_t count) {
    std::vector<aha::labeled_text> all;
    for (const aha::preference_pair& pair : made_pairs((count + 1) / 2)) {
        all.push_back({std::ssize(all), pair.chosen, 1});
        all.push_back({std::ssize(all), pair.rejected, 0});
    }
    all.resize(count);
    return all;
}

template <class Record>
std::vector<Record> made(std::size_t count) {
    if constexpr (std::is_same_v<Record, aha::preference_pair>) return made_pairs(count);
    else return made_texts(count);
}

template <class Record>
class reward_training : public testing::Test {};
using both_records = testing::Types<aha::preference_pair, aha::labeled_text>;
TYPED_TEST_SUITE(reward_training, both_records);

TYPED_TEST(reward_training, gradient_does_not_depend_on_microbatches_or_order) {
    auto model = fresh_model();
    {
        const at::NoGradGuard no_gradients;
        model.head().weights().values().fill_(0.3);
    }
    const auto records = made<TypeParam>(11);
    const typename aha::detail::reward_record<TypeParam>::default_loss loss{};
    std::vector<const TypeParam*> batch;
    for (const auto& one : records) batch.push_back(&one);
    const auto gradient = [&](std::span<const TypeParam* const> of, std::int64_t budget, aha::reward_metrics& figures) {
        model.body().weights().zero_gradients();
        model.head().weights().zero_gradients();
        figures = aha::accumulate_reward_gradient(std::as_const(model), loss, of, budget);
        return at::cat({model.body().weights().gradients(), model.head().weights().gradients()});
    };
    aha::reward_metrics whole, cut;
    const at::Tensor expected = gradient(batch, 100000, whole);
    ASSERT_GT(expected.norm().template item<double>(), 0.01);
    for (const std::int64_t budget : {1, 37, 80}) {
        EXPECT_LT(relative_error(gradient(batch, budget, cut), expected), 1e-6) << budget;
        EXPECT_NEAR(cut.loss, whole.loss, 1e-6);
        EXPECT_DOUBLE_EQ(cut.accuracy, whole.accuracy);
        EXPECT_NEAR(cut.margin, whole.margin, 1e-6);
        EXPECT_NEAR(cut.mean_reward, whole.mean_reward, 1e-6);
        EXPECT_NEAR(cut.max_reward, whole.max_reward, 1e-6);
    }
    std::reverse(batch.begin(), batch.end());
    EXPECT_LT(relative_error(gradient(batch, 53, cut), expected), 1e-6);
    // Each alone, with the denominator of all: nothing is seen of the neighbors.
    at::Tensor sum = at::zeros_like(expected);
    for (const TypeParam* const one : batch) {
        const std::vector<const TypeParam*> alone{one};
        sum.add_(gradient(alone, 100000, cut), 1.0 / static_cast<double>(batch.size()));
    }
    EXPECT_LT(relative_error(sum, expected), 1e-6);
}

TYPED_TEST(reward_training, goes_on_bit_for_bit_across_epochs) {
    const aha::reward_trainer_options options{
        .batch_size = 3, .learning_rate = 1e-2, .epochs = 3, .seed = 3, .microbatch_tokens = 60};
    const auto run = [&]<class Tensor>(Tensor) {
        auto whole = fresh_model<Tensor>();
        aha::reward_trainer straight{whole, made<TypeParam>(8), options};
        EXPECT_EQ(straight.total_steps(), 9);
        for (const aha::step_report& step : straight.steps()) EXPECT_TRUE(std::isfinite(step.metric("loss")));
        for (std::int64_t stop = 1; stop < straight.total_steps(); stop += 2) {
            auto first = fresh_model<Tensor>();
            aha::reward_trainer begun{first, made<TypeParam>(8), options};
            while (begun.steps_done() < stop) begun.step();
            const aha::state saved = begun.save();
            auto second = fresh_model<Tensor>();
            aha::reward_trainer resumed{second, made<TypeParam>(8), options};
            resumed.load(saved);
            for (const aha::step_report& step : resumed.steps()) EXPECT_GT(step.step, stop);
            EXPECT_TRUE(at::equal(second.body().weights().values(), whole.body().weights().values())) << stop;
            EXPECT_TRUE(at::equal(second.head().weights().values(), whole.head().weights().values())) << stop;
        }
        EXPECT_GT(whole.head().weights().values().norm().template item<double>(), 0);
    };
    run(aha::cpu<float>{});
    run(aha::cpu<aha::bfloat16>{});
}

TYPED_TEST(reward_training, learns_to_tell_good_from_bad) {
    auto model = fresh_model();
    aha::reward_trainer trainer{model, made<TypeParam>(24), {.batch_size = 6, .learning_rate = 1e-2, .epochs = 15}};
    const auto unseen = [] {
        auto more = made<TypeParam>(48);
        more.erase(more.begin(), more.begin() + 24);
        return more;
    }();
    EXPECT_LE(trainer.evaluate(unseen).accuracy, 0.5);  // every score is 0, which is neither
    for (const aha::step_report& step : trainer.steps()) EXPECT_LE(step.step, 60);
    EXPECT_GT(trainer.evaluate(unseen).accuracy, 0.9);
    EXPECT_GT(trainer.evaluate(unseen).margin, 1);
}

TEST(reward_trainer, an_epoch_ends_a_batch_and_uses_each_record_once) {
    auto model = fresh_model();
    const auto records = made_pairs(7);
    aha::reward_trainer trainer{model, records, {.batch_size = 3, .learning_rate = 0, .epochs = 2, .seed = 5}};
    double tokens = 0;
    for (const auto& one : records) tokens += static_cast<double>(one.chosen.size() + one.rejected.size());
    std::vector<double> epochs, total;
    for (const aha::step_report& step : trainer.steps()) {
        epochs.push_back(step.metric("epoch"));
        total.push_back(step.metric("num_tokens"));
    }
    EXPECT_THAT(epochs, testing::ElementsAre(3. / 7, 6. / 7, 1, 1 + 3. / 7, 1 + 6. / 7, 2));
    EXPECT_EQ(total.at(2), tokens);
    EXPECT_EQ(total.at(5), 2 * tokens);
    EXPECT_THAT(complaint([&] { trainer.step(); }), HasSubstr("ran out after 6 steps"));
}

TEST(reward_trainer, takes_a_loss_of_its_own) {
    auto model = fresh_model();
    const auto difference = [](const at::Tensor& chosen, const at::Tensor& rejected, const at::Tensor& margins) {
        return rejected - chosen + margins;
    };
    aha::reward_trainer trainer{model, made_pairs(3), {.batch_size = 3}, difference};
    EXPECT_NEAR(trainer.step().metric("loss"), 0.1, 1e-6);  // the mean of the margins 0, 0.1 and 0.2
}

TEST(reward_trainer, bad_records_and_options_are_named) {
    auto model = fresh_model();
    auto shallow = fresh_model(8);
    const aha::reward_trainer_options plain{};
    auto equal = made_pairs(4);
    equal[2].rejected = equal[2].chosen;
    EXPECT_THAT(complaint([&] { aha::reward_trainer{model, equal, plain}; }), HasSubstr("both sides of pair 2"));
    auto empty = made_pairs(4);
    empty[1].rejected.clear();
    EXPECT_THAT(complaint([&] { aha::reward_trainer{model, empty, plain}; }), HasSubstr("pair 1 has a side without"));
    auto wide = made_pairs(4);
    wide[3].margin = NAN;
    EXPECT_THAT(complaint([&] { aha::reward_trainer{model, wide, plain}; }), HasSubstr("margin of pair 3"));
    auto labels = made_texts(3);
    labels[1].label = 2;
    EXPECT_THAT(complaint([&] { aha::reward_trainer{model, labels, plain}; }), HasSubstr("label of text 1"));
    EXPECT_THAT(complaint([&] {
                    aha::reward_trainer{model, std::vector<aha::labeled_text>{}, plain};
                }),
                HasSubstr("nothing to learn from"));
    EXPECT_THAT(complaint([&] { aha::reward_trainer{shallow, made_pairs(9), plain}; }), HasSubstr("context of 8"));
    EXPECT_THAT(complaint([&] {
                    aha::reward_trainer{model, made_pairs(3), {.batch_size = 0}};
                }),
                HasSubstr("batch_size"));
    EXPECT_THAT(complaint([&] { aha::reward_trainer{model, made_pairs(3), {.epochs = 0}}; }), HasSubstr("epochs"));
}

TEST(reward_trainer, a_checkpoint_of_other_records_or_another_model_is_refused) {
    auto model = fresh_model();
    aha::reward_trainer trainer{model, made_pairs(4), {.batch_size = 2}};
    trainer.step();
    auto other_margin = made_pairs(4);
    other_margin[3].margin += 0.5;
    aha::reward_trainer other{model, other_margin, {.batch_size = 2}};
    EXPECT_THAT(complaint([&] { other.load(trainer.save()); }), HasSubstr("another data set than the pairs"));
    aha::state headless = trainer.save();
    headless.tensors.erase("head");
    EXPECT_THAT(complaint([&] { trainer.load(headless); }), HasSubstr("head of another model"));
}

TEST(reward_trainer, another_batch_size_on_resume_uses_each_record_once) {
    const auto records = made_pairs(20);
    double tokens = 0;
    for (const auto& one : records) tokens += static_cast<double>(one.chosen.size() + one.rejected.size());
    for (const std::int64_t batch : {1, 3, 8, 20}) {
        auto begun = fresh_model(), model = fresh_model();
        aha::reward_trainer first{begun, records, {.batch_size = 4, .seed = 5}};
        first.step(), first.step();
        aha::reward_trainer second{model, records, {.batch_size = batch, .epochs = 2, .seed = 5}};
        second.load(first.save());
        EXPECT_EQ(second.total_steps(), 2 + (12 + batch - 1) / batch + (20 + batch - 1) / batch);
        EXPECT_THAT(second.notes(), testing::ElementsAre(HasSubstr("5 before: batch size or epochs")));
        aha::step_report last;
        for (const aha::step_report& step : second.steps()) last = step;
        EXPECT_EQ(second.steps_done(), second.total_steps());
        EXPECT_EQ(last.metric("num_tokens"), 2 * tokens);
        EXPECT_EQ(last.metric("epoch"), 2);
        EXPECT_THAT(complaint([&] { first.load(second.save()); }),
                    HasSubstr("in epoch 2, but there are to be 1 epoch"));
        aha::reward_trainer sorted{model, records, {.batch_size = 4, .shuffle = false, .seed = 5}};
        EXPECT_THAT(complaint([&] { sorted.load(first.save()); }), HasSubstr("a shuffled order, not in file order"));
    }
}

TEST(reward_trainer, a_gradient_that_is_not_finite_leaves_all_as_it_was_and_the_records_come_again) {
    auto model = fresh_model(), twin = fresh_model();
    const auto broken = std::make_shared<bool>(false);
    const auto loss = [broken](const at::Tensor& chosen, const at::Tensor& rejected, const at::Tensor& margins) {
        return (rejected - chosen + margins) * (*broken ? NAN : 1.0);
    };
    aha::reward_trainer trainer{model, made_pairs(12), {.batch_size = 3}, loss};
    aha::reward_trainer straight{twin, made_pairs(12), {.batch_size = 3}, loss};
    trainer.step(), straight.step();
    const auto before = trainer.save();
    *broken = true;
    EXPECT_THAT(complaint([&] { trainer.step(); }), HasSubstr("step 2 is not finite"));
    *broken = false;
    auto after = trainer.save();
    after.values["seconds"] = before.values.at("seconds");
    EXPECT_EQ(after.values, before.values);
    for (const auto& [name, tensor] : before.tensors) EXPECT_TRUE(at::equal(tensor, after.tensors.at(name))) << name;
    EXPECT_EQ(trainer.step().metric("loss"), straight.step().metric("loss"));
    trainer.step(), trainer.step();
    trainer.load(before);  // and what was saved is still what it was
    straight.step(), straight.step();
    for (int n = 0; n < 3; ++n) trainer.step();
    EXPECT_TRUE(at::equal(model.head().weights().values(), twin.head().weights().values()));
    EXPECT_TRUE(at::equal(model.body().weights().values(), twin.body().weights().values()));
}

}  // namespace
