#include <aha/model/reward_model.hpp>

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <aha/core/random.hpp>
#include <aha/testing/tolerance.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::small_model;
using aha::testing::tolerance;

template <class Tensor = aha::cpu<float>>
aha::reward_model<aha::decoder<Tensor>> scoring_model() {
    aha::reward_model<aha::decoder<Tensor>> model{small_model<Tensor>()};
    const at::NoGradGuard no_gradients;
    const aha::random_stream random{{3, 0, 0, 0}};
    for (std::int64_t i = 0; i < 16; ++i)
        model.head().weights()[0][0][i] = random.normal(static_cast<std::uint64_t>(i));
    return model;
}

template <class Model>
at::Tensor scores_of(const Model& model, const std::vector<aha::text_group>& groups) {
    return model.scores(aha::pack_texts(groups));
}

const std::vector<aha::token_id> first{4, 9, 12, 7, 3}, second{4, 9, 12, 30}, third{4, 9, 12}, fourth{22, 1};

TEST(reward_model, a_score_is_the_last_hidden_state_times_the_head) {
    const auto model = scoring_model();
    const at::Tensor scores = scores_of(model, {{first}});
    ASSERT_EQ(scores.sizes(), (at::IntArrayRef{1}));
    const std::vector<aha::text_group> alone{{first}};
    const at::Tensor hidden = model.body().hidden(aha::pack_texts(alone).batch);  // [5, 16]
    const double expected = (hidden[4] * model.head().weights()[0][0]).sum().item<double>();
    ASSERT_GT(std::abs(expected), 0.1);
    EXPECT_NEAR(scores.item<double>(), expected, 1e-5);
}

TEST(reward_model, neighbors_and_shared_beginnings_change_no_score) {
    const auto model = scoring_model();
    const at::Tensor together = scores_of(model, {{first, second, third}, {fourth, first}});
    const at::Tensor alone =
        at::cat({scores_of(model, {{first}}), scores_of(model, {{second}}), scores_of(model, {{third}}),
                 scores_of(model, {{fourth}}), scores_of(model, {{first}})});
    EXPECT_EQ((tolerance{1e-6, 1e-5}.excess(together, alone)), "");
    EXPECT_GT((alone[0] - alone[1]).abs().item<double>(), 1e-3);
}

TEST(reward_model, scores_have_gradients_in_body_and_head) {
    const auto model = scoring_model();
    scores_of(model, {{first, second}}).sum().backward();
    // The head's gradient is the sum of the hidden states that it was multiplied with.
    const std::vector<aha::text_group> groups{{first, second}};
    const aha::packed_texts packed = aha::pack_texts(groups);
    const at::Tensor hidden = model.body().hidden(packed.batch).index_select(0, packed.last).sum(0);
    EXPECT_EQ((tolerance{1e-6, 1e-5}.excess(model.head().weights().gradients(), hidden.detach())), "");
    // The body's, by a difference along itself.
    const at::Tensor slope = model.body().weights().gradients().clone();
    const double length = slope.norm().item<double>();
    ASSERT_GT(length, 0.1);
    const auto at_step = [&](double step) {
        const at::NoGradGuard no_gradients;
        auto moved = model.clone();
        moved.body().weights().values().add_(slope * (step / length));
        moved.body().refresh();
        return scores_of(moved, {{first, second}}).sum(at::kDouble).item<double>();
    };
    EXPECT_NEAR((at_step(1e-2) - at_step(-1e-2)) / 2e-2, length, 1e-2 * length);
}

TEST(reward_model, scores_are_float32_whatever_the_body_computes_in) {
    const auto exact = scoring_model();
    const auto coarse = scoring_model<aha::cpu<aha::bfloat16>>();
    const at::Tensor expected = scores_of(exact, {{first, second}}), scores = scores_of(coarse, {{first, second}});
    EXPECT_EQ(scores.scalar_type(), at::kFloat);
    EXPECT_EQ((tolerance{0.05, 0.05}.excess(scores, expected)), "");
}

TEST(reward_model, begins_with_scores_of_zero_and_clones_are_of_their_own) {
    const aha::reward_model fresh{small_model()};
    EXPECT_EQ(scores_of(fresh, {{first}}).item<double>(), 0);
    auto model = scoring_model();
    const auto twin = model.clone();
    const double before = scores_of(twin, {{first}}).item<double>();
    EXPECT_EQ(before, scores_of(model, {{first}}).item<double>());
    model.head().weights().values().zero_();
    EXPECT_EQ(scores_of(twin, {{first}}).item<double>(), before);
}

}  // namespace
