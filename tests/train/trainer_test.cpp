#include <ATen/ATen.h>
#include <cmath>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <torch/csrc/autograd/autograd.h>
#include <utility>
#include <vector>

#include <aha/testing/bandit.hpp>
#include <aha/train/run_training.hpp>
#include <aha/train/trainer.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::complaint;
using aha::testing::bandit;

/// Pulls theta towards (1, 2, 3): the loss is half the squared distance, a new scale each step.
struct pull {
    double scale = 1, steps = 8;
    int updates_of_step = 1;
    std::int64_t fails_at_step = -1;
    int fails_at_update = 0;
    bool with_nan = false;
    std::int64_t made = 0;

    struct batch {
        double scale;
        std::int64_t step;
    };

    template <class Context>
    batch next(const Context& at) {
        aha::require(made < static_cast<std::int64_t>(steps), "nothing is left");
        ++made;
        return {scale * static_cast<double>(made), at.step};
    }
    std::int64_t updates(const batch&) const { return updates_of_step; }
    template <class Model>
    double accumulate(const Model& model, const batch& b, std::size_t update,
                      const aha::microbatch_hook& before) const {
        before(0, 1);
        const bool fails = b.step == fails_at_step && static_cast<int>(update) == fails_at_update;
        if (fails && !with_nan) throw std::runtime_error{"broken"};
        const at::Tensor off = model.weights()[0].flatten() - at::tensor({1.0f, 2.0f, 3.0f});
        at::Tensor loss = 0.5 * b.scale * off.square().sum();
        if (fails) loss = loss * std::numeric_limits<float>::quiet_NaN();
        torch::autograd::backward({loss}, {});
        return loss.template item<double>();
    }
    aha::metric_list report(const batch& b, std::span<const double> losses, const aha::update_record& r) const {
        return {{"scale", b.scale},
                {"updates", static_cast<double>(losses.size())},
                {"same", r.updates == std::ssize(losses) ? 1.0 : 0.0}};
    }
    std::int64_t steps_left() const { return static_cast<std::int64_t>(steps) - made; }
    std::int64_t num_tokens(const batch&) const { return 7; }
    aha::state save() const { return {{}, {{"made", made}}}; }
    void load(const aha::state& s) { made = s.values.at("made"); }
};

struct memory_store {
    std::map<std::int64_t, aha::state> kept, best;
    void save(std::int64_t step, const aha::state& whole) { kept[step] = whole; }
    void save_best(std::int64_t step, const aha::state& whole) { best[step] = whole; }
    std::optional<std::pair<std::int64_t, aha::state>> load_latest() const {
        if (kept.empty()) return std::nullopt;
        return *kept.rbegin();
    }
};

std::vector<double> theta(const bandit& model) {
    const at::Tensor flat = model.weights()[0].detach().flatten().to(at::kDouble).contiguous();
    return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

/// Plain descent: what a step moves can be said in closed form.
struct descent {
    void step(const aha::parameters& weights, double rate) {
        const at::NoGradGuard none;
        weights.values().sub_(weights.gradients(), rate);
    }
    aha::state save() const { return {}; }
    void load(const aha::state&) {}
};

TEST(trainer, takes_the_steps_of_an_objective_as_the_closed_form_says) {
    bandit model{{0, 0, 0}};
    aha::trainer trainer{model, pull{.scale = 0.1}, {.learning_rate = 1, .max_gradient_norm = 0}, descent{}};
    EXPECT_EQ(trainer.total_steps(), 8);
    const aha::step_report first = trainer.step();
    EXPECT_NEAR(theta(model)[1], 0.1 * 2, 1e-6);
    EXPECT_NEAR(first.metric("loss"), 0.05 * 14, 1e-6);
    EXPECT_NEAR(first.metric("grad_norm"), 0.1 * std::sqrt(14.0), 1e-6);
    EXPECT_EQ(first.metric("learning_rate"), 1);
    EXPECT_EQ(first.metric("num_tokens"), 7);
    EXPECT_EQ(first.metric("scale"), 0.1);
    EXPECT_EQ(first.total_steps, 8);
    trainer.step();
    EXPECT_NEAR(theta(model)[1], 0.2 + 0.2 * (2 - 0.2), 1e-6);
}

TEST(trainer, clips_and_reports_means_over_the_updates_of_a_step) {
    bandit model{{0, 0, 0}};
    pull twice{.scale = 1};
    twice.updates_of_step = 2;
    aha::trainer trainer{model, twice, {.learning_rate = 1, .max_gradient_norm = 0.5}, descent{}};
    const aha::step_report r = trainer.step();
    const double norm = std::sqrt(14.0);
    EXPECT_NEAR(r.metric("grad_norm"), (norm + (norm - 0.5)) / 2, 1e-5);
    EXPECT_NEAR(r.metric("loss"), (0.5 * 14 + 0.5 * (norm - 0.5) * (norm - 0.5)) / 2, 1e-4);
    EXPECT_EQ(r.metric("updates"), 2);
    EXPECT_EQ(r.metric("same"), 1);
}

TEST(trainer, goes_on_bit_for_bit_from_what_it_saved) {
    bandit straight{{0, 0, 0}}, resumed{{9, 9, 9}};
    aha::trainer one{straight, pull{}, {.learning_rate = 0.1}};
    one.step();
    one.step();
    const aha::state saved = one.save();
    one.step();
    aha::trainer other{resumed, pull{}, {.learning_rate = 0.1}};
    other.load(saved);
    EXPECT_EQ(other.steps_done(), 2);
    EXPECT_EQ(other.total_steps(), 8);
    EXPECT_TRUE(other.notes().empty());
    const aha::step_report third = other.step();
    EXPECT_EQ(theta(resumed), theta(straight));
    EXPECT_EQ(third.metric("scale"), 3);
    EXPECT_EQ(third.metric("num_tokens"), 21);
}

class failing : public testing::TestWithParam<bool> {};

TEST_P(failing, a_step_that_fails_in_its_second_update_leaves_all_as_it_was) {
    bandit model{{0, 0, 0}};
    pull broken;
    broken.updates_of_step = 3, broken.fails_at_step = 1, broken.fails_at_update = 1, broken.with_nan = GetParam();
    aha::trainer trainer{model, broken, {.learning_rate = 0.1}};
    trainer.step();
    const auto before = theta(model);
    const aha::state saved = trainer.save();
    if (GetParam()) EXPECT_THAT(complaint([&] { trainer.step(); }), testing::HasSubstr("gradient of step 2"));
    else EXPECT_THROW(trainer.step(), std::runtime_error);
    EXPECT_EQ(theta(model), before);
    EXPECT_EQ(trainer.steps_done(), 1);
    const aha::state after = trainer.save();
    EXPECT_EQ(after.values.at("made"), saved.values.at("made"));
    EXPECT_EQ(after.values.at("num_tokens"), saved.values.at("num_tokens"));
    ASSERT_EQ(after.tensors.size(), saved.tensors.size());
    for (const auto& [name, tensor] : saved.tensors) EXPECT_TRUE(at::equal(tensor, after.tensors.at(name))) << name;
}

INSTANTIATE_TEST_SUITE_P(trainer, failing, testing::Bool());

TEST(trainer, measures_every_so_many_steps_and_after_the_last) {
    bandit model{{0, 0, 0}};
    aha::trainer trainer{model, pull{.steps = 5}, {.learning_rate = 0.1}};
    trainer.evaluate_every(2, [](const bandit& m, const auto&) -> aha::metric_list {
        return {{"eval_first", theta(m)[0]}};
    });
    std::vector<bool> measured;
    for (const aha::step_report& r : trainer.steps()) {
        measured.push_back(r.find_metric("eval_first").has_value());
        if (measured.back()) EXPECT_EQ(r.metric("eval_first"), theta(model)[0]);
    }
    EXPECT_EQ(measured, (std::vector<bool>{false, true, false, true, true}));
    EXPECT_THAT(complaint([&] { trainer.evaluate_every(0, {}); }), testing::HasSubstr("not 0"));
}

TEST(trainer, takes_each_step_of_its_range_once) {
    bandit model{{0, 0, 0}};
    aha::trainer trainer{model, pull{}, {}};
    int kept = 0;
    auto steps = trainer.steps(4);
    for (const aha::step_report& r :
         steps | std::views::filter([](const aha::step_report& s) { return s.step % 2 == 0; }))
        kept += static_cast<int>(r.step);
    EXPECT_EQ(kept, 2 + 4);
    EXPECT_EQ(trainer.steps_done(), 4);
}

TEST(trainer, refuses_options_that_make_no_sense) {
    bandit model{{0, 0, 0}};
    EXPECT_THAT(complaint([&] { aha::trainer(model, pull{}, {.learning_rate = -1}); }), testing::HasSubstr("not -1"));
    EXPECT_THAT(complaint([&] { aha::trainer(model, pull{}, {.max_gradient_norm = -2}); }),
                testing::HasSubstr("not -2"));
}

// What observers may do, and what a run may watch.

struct stops_at {
    std::int64_t step;
    bool on_step(const aha::step_report& r) const { return r.step == step; }
};

struct reads_nothing {
    void on_end(const aha::run_summary&) const {}
};

struct adds_distance {
    void on_step(aha::step_report& r, const auto& trainer) const {
        r.metrics.emplace_back("distance", std::abs(theta(trainer.model())[0] - 1));
    }
};

struct reads_distance {
    std::vector<double> seen{};
    void on_step(const aha::step_report& r) { seen.push_back(r.metric("distance")); }
};

TEST(observers, may_end_a_run_which_is_then_saved) {
    bandit model{{0, 0, 0}};
    aha::trainer trainer{model, pull{}, {}};
    memory_store store;
    stops_at three{3};
    const aha::run_summary done = aha::run_training(trainer, store, {.checkpoint_every = 0}, three);
    EXPECT_EQ(done.steps, 3);
    EXPECT_FALSE(done.interrupted);
    EXPECT_EQ(done.stopped, "an observer ended the run");
    EXPECT_EQ(store.load_latest()->first, 3);
}

TEST(observers, may_be_temporaries) {
    bandit model{{0, 0, 0}};
    aha::trainer trainer{model, pull{}, {}};
    memory_store store;
    EXPECT_EQ(aha::run_training(trainer, store, {}, stops_at{2}, reads_nothing{}).steps, 2);
}

TEST(observers, see_the_model_and_add_metrics_that_later_ones_read) {
    bandit model{{0, 0, 0}};
    aha::trainer trainer{model, pull{.steps = 3}, {.learning_rate = 0.1}};
    memory_store store;
    adds_distance adds;
    reads_distance reads;
    aha::run_training(trainer, store, {}, adds, reads);
    ASSERT_EQ(reads.seen.size(), 3);
    EXPECT_EQ(reads.seen.back(), std::abs(theta(model)[0] - 1));
}

/// Gives a metric that is best in step 3.
struct rises_after_three {
    void on_step(aha::step_report& r) const {
        r.metrics.emplace_back("eval_loss", std::abs(static_cast<double>(r.step) - 3));
    }
};

TEST(watched, keeps_the_best_state_and_ends_when_nothing_gets_better) {
    bandit model{{0, 0, 0}};
    aha::trainer trainer{model, pull{}, {.learning_rate = 0.1}};
    memory_store store;
    rises_after_three observer;
    const aha::run_summary done =
        aha::run_training(trainer, store, {.watched = {.name = "eval_loss", .patience = 2}}, observer);
    EXPECT_EQ(done.steps, 5);
    EXPECT_EQ(done.stopped, "eval_loss has not improved for 2 measurements; the best, 0, was that of step 3");
    ASSERT_TRUE(store.best.contains(3));
    EXPECT_EQ(store.best.at(3).values.at("step"), 3);
}

TEST(watched, is_remembered_by_a_run_that_goes_on) {
    memory_store store;
    rises_after_three observer;
    aha::run_options options{.steps = 4, .watched = {.name = "eval_loss", .patience = 2}};
    {
        bandit model{{0, 0, 0}};
        aha::trainer trainer{model, pull{}, {}};
        aha::run_training(trainer, store, options, observer);
    }
    bandit model{{0, 0, 0}};
    aha::trainer trainer{model, pull{}, {}};
    options.steps = 8, options.resume = true;
    EXPECT_EQ(aha::run_training(trainer, store, options, observer).steps, 5);
}

TEST(watched, larger_may_be_better_and_a_value_that_is_not_finite_never_is) {
    aha::best_so_far best{{.name = "reward", .direction = aha::better::larger, .min_change = 0.1}};
    const auto look = [&](std::int64_t step, double value) {
        return best.look({.step = step, .metrics = {{"reward", value}}});
    };
    EXPECT_FALSE(look(1, std::numeric_limits<double>::quiet_NaN()));
    EXPECT_TRUE(look(2, 1));
    EXPECT_FALSE(look(3, 1.05));
    EXPECT_TRUE(look(4, 1.2));
    EXPECT_FALSE(look(5, std::numeric_limits<double>::infinity()));
    EXPECT_EQ(best.step(), 4);
    EXPECT_THAT(complaint([] { aha::best_so_far{{.patience = 3}}; }), testing::HasSubstr("patience is 3"));
}

TEST(run, ends_at_its_time_limit_and_saves_by_minutes) {
    bandit model{{0, 0, 0}};
    aha::trainer trainer{model, pull{}, {}};
    memory_store store;
    const aha::run_summary done = aha::run_training(trainer, store, {.checkpoint_every = 0, .max_minutes = 1e-9});
    EXPECT_EQ(done.steps, 1);
    EXPECT_TRUE(done.interrupted);
    EXPECT_THAT(done.stopped, testing::HasSubstr("time limit"));
    memory_store often;
    const aha::run_summary all = aha::run_training(trainer, often, {.checkpoint_every = 0, .checkpoint_minutes = 1e-9});
    EXPECT_EQ(all.steps, 8);
    EXPECT_EQ(often.kept.size(), 7);
}

}  // namespace
