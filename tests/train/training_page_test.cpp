// The code of docs/training.md, compiled and run.
#include <ATen/ATen.h>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iostream>
#include <string>
#include <vector>

#include <aha/data/curriculum_prompts.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/io/folder_checkpoints.hpp>
#include <aha/optim/freeze.hpp>
#include <aha/optim/parameter_groups.hpp>
#include <aha/train/evaluate.hpp>
#include <aha/train/grpo.hpp>
#include <aha/train/run_training.hpp>
#include <aha/train/sft.hpp>
#include <tests/support/byte_model.hpp>
#include <tests/support/made_examples.hpp>
#include <tests/support/made_folder.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

std::vector<aha::prompt> sums(std::size_t count) {
    std::vector<aha::prompt> all(count);
    for (std::size_t i = 0; i < count; ++i) {
        all[i].text = std::to_string(i) + "+1=";
        all[i].fields = {{"answer", std::to_string(i + 1)}};
    }
    return all;
}

TEST(training_page, evaluates_keeps_the_best_and_ends_early) {
    auto model = aha::test::byte_model();
    const aha::test::made_folder folder;
    const std::vector<aha::prompt> training = sums(8), held_out = sums(3);
    const auto reward = [](const aha::prompt&, const aha::completion& c) { return c.ids.size() < 3 ? 1.0 : 0.0; };
    const aha::grpo_options options{.prompts_per_step = 2, .group_size = 2};
    const aha::autoregressive_sampler sampler{model.tokenizer, {.max_new_tokens = 4}};
    //! [evaluate]
    auto trainer = aha::grpo{model, aha::curriculum_prompts{training}, reward, options, sampler};
    trainer.evaluate_every(2, [&](const auto&, const auto& ranks) {
        aha::evaluate_options four{.samples = 4, .ks = {1, 4}};
        four.sampling.max_new_tokens = 4;
        return aha::evaluate(model, held_out, reward, four, ranks).metrics();
    });
    aha::folder_checkpoints checkpoints{folder};
    const aha::run_summary done =
        aha::run_training(trainer, checkpoints,
                          {.steps = 12,
                           .checkpoint_minutes = 10,
                           .max_minutes = 60,
                           .watched = {.name = "eval_reward", .direction = aha::better::larger, .patience = 3}});
    if (!done.stopped.empty()) std::cout << done.stopped << std::endl;
    if (const auto best = checkpoints.load_best()) trainer.load(best->second);
    //! [evaluate]
    EXPECT_TRUE(trainer.steps_done() <= done.steps);
    ASSERT_TRUE(checkpoints.load_best().has_value());
    EXPECT_EQ(trainer.steps_done(), checkpoints.load_best()->first);
    EXPECT_THAT(trainer.save().values.at("prompts").at("pass_rates").size(), 8);
}

//! [observer]
struct watches_the_norm {
    double limit = 1e3;
    void on_start(const aha::run_info& info) const { std::cout << info.total_steps << " steps" << std::endl; }
    bool on_step(aha::step_report& report, const auto& trainer) const {  // true ends the run
        const double norm = trainer.model().weights().values().norm().template item<double>();
        report.metrics.emplace_back("weights/norm", norm);  // observers after this one see it
        return norm > limit;
    }
};
//! [observer]

struct memory_store {
    std::int64_t last = 0;
    void save(std::int64_t step, const aha::state&) { last = step; }
    std::optional<std::pair<std::int64_t, aha::state>> load_latest() const { return std::nullopt; }
};

TEST(training_page, observers_see_the_model_and_may_end_the_run) {
    auto model = aha::test::small_model();
    aha::sft trainer{model, aha::test::made_examples(8), {.batch_size = 2}};
    memory_store store;
    watches_the_norm strict{.limit = 1e-3};
    EXPECT_EQ(aha::run_training(trainer, store, {}, strict).steps, 1);
    watches_the_norm patient;
    EXPECT_EQ(aha::run_training(trainer, store, {}, patient).steps, 4);
}

TEST(training_page, groups_and_frozen_parameters) {
    auto model = aha::test::small_model();
    const auto examples = aha::test::made_examples(8);
    //! [groups]
    aha::freeze(model.weights(), "model.embed_tokens.*");
    auto trainer = aha::sft{
        model,
        examples,
        {.batch_size = 4},
        aha::parameter_groups{aha::adamw{{.weight_decay = 0.1}}, {{.pattern = "*norm*", .learning_rate = 0.1}}}};
    //! [groups]
    const at::Tensor embedding = model.weights()["model.embed_tokens.weight"].detach().clone();
    const at::Tensor all = model.weights().values().clone();
    trainer.step();
    EXPECT_TRUE(at::equal(embedding, model.weights()["model.embed_tokens.weight"].detach()));
    EXPECT_FALSE(at::equal(all, model.weights().values()));
}

/// A run with a curriculum of its own goes on bit for bit, and a step that fails takes back what the source heard.
TEST(training_page, a_curriculum_is_part_of_a_runs_state) {
    const auto odd = [](const aha::prompt& p, const aha::completion& c) {
        return (static_cast<std::int64_t>(c.ids.size()) + p.index) % 2 == 0 ? 1.0 : 0.0;
    };
    const aha::grpo_options options{.prompts_per_step = 2, .group_size = 4, .seed = 5};
    auto one = aha::test::byte_model(), other = aha::test::byte_model();
    const aha::autoregressive_sampler sampler{one.tokenizer, {.max_new_tokens = 4}};
    aha::grpo straight{one, aha::curriculum_prompts{sums(6)}, odd, options, sampler};
    straight.step();
    aha::grpo resumed{other, aha::curriculum_prompts{sums(6)}, odd, options, sampler};
    resumed.load(straight.save());
    const auto reports = std::pair{straight.step(), resumed.step()};
    EXPECT_EQ(reports.first.metric("reward"), reports.second.metric("reward"));
    EXPECT_TRUE(at::equal(one.model.weights().values(), other.model.weights().values()));
    EXPECT_EQ(straight.save().values.at("prompts"), resumed.save().values.at("prompts"));
    EXPECT_NE(straight.save().values.at("prompts").at("pass_rates"), nlohmann::json(std::vector<double>(6, 0.5)));
}

}  // namespace
