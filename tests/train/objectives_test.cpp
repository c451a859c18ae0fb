// The recipes of docs/objectives.md, each as a user writes it: they fit the trainer's slots, and a bandit learns its
// better arm with them. With two updates a rollout, so that ratios are not all 1.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <utility>

#include <aha/advantage/batch_normalized.hpp>
#include <aha/advantage/kl_in_reward.hpp>
#include <aha/advantage/mean_centered.hpp>
#include <aha/advantage/process_advantage.hpp>
#include <aha/advantage/raw_score.hpp>
#include <aha/advantage/reinforce_plus_plus.hpp>
#include <aha/advantage/reinforce_plus_plus_baseline.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/loss/aggregation/constant_length.hpp>
#include <aha/loss/aggregation/sequence_mean.hpp>
#include <aha/loss/aggregation/token_mean.hpp>
#include <aha/loss/cispo_loss.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/loss/gspo_loss.hpp>
#include <aha/loss/gspo_token_loss.hpp>
#include <aha/loss/reinforce_loss.hpp>
#include <aha/loss/sapo_loss.hpp>
#include <aha/loss/sequence_ratio_loss.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/grpo.hpp>

namespace {

using aha::testing::arm_tokenizer;
using aha::testing::bandit;

/// What is said of a completion of three arms: a step each, 1 for arm 0.
aha::score good_arms(const aha::prompt&, const aha::completion& c) {
    aha::score s;
    for (std::size_t t = 0; t < c.ids.size(); ++t) {
        const double good = c.ids[t] == 0 ? 1 : 0;
        s.steps.push_back({static_cast<std::int64_t>(t) + 1, good});
        s.value += good / 3;
    }
    return s;
}

/// The metrics of the last of 40 steps of a uniform bandit of four arms; expects it to have learnt.
template <class... Policies>
std::map<std::string, double> learn(Policies... policies) {
    bandit model{{0, 0, 0, 0}};
    std::vector<aha::prompt> questions(64);
    for (aha::prompt& p : questions) p.ids = {0};
    aha::grpo trainer{model,
                      aha::vector_prompts{questions},
                      good_arms,
                      {.group_size = 8, .learning_rate = 0.05, .inner_epochs = 2, .seed = 1},
                      aha::autoregressive_sampler{arm_tokenizer{4}, {.max_new_tokens = 3}},
                      std::move(policies)...};
    aha::step_report last;
    for (int n = 0; n < 40; ++n) last = trainer.step();
    const at::Tensor p = at::softmax(model.weights()[0].detach().flatten(), 0);
    EXPECT_GT(p[0].item<double>(), 0.6) << "from 0.25";
    return {last.metrics.begin(), last.metrics.end()};
}

TEST(objectives, dapo) {
    learn(aha::group_relative{}, aha::grpo_loss{{.clip_low = 0.2, .clip_high = 0.28}}, aha::token_mean{});
}
TEST(objectives, dr_grpo) { learn(aha::mean_centered{}, aha::constant_length{3}); }
TEST(objectives, grpo_of_deepseekmath) {
    EXPECT_TRUE(learn(aha::grpo_loss{{.beta = 0.04}}, aha::sequence_mean{}).contains("kl"));
}
TEST(objectives, grpo_of_r1) {
    EXPECT_TRUE(learn(aha::sequence_ratio_loss{{.beta = 0.001}}, aha::sequence_mean{}).contains("kl"));
}
TEST(objectives, rloo) {
    learn(aha::kl_in_reward{aha::leave_one_out{}, {.beta = 0.05}},
          aha::sequence_ratio_loss{{.clip_low = 0.2, .clip_high = 0.2}}, aha::sequence_mean{});
}
TEST(objectives, reinforce) { learn(aha::raw_score{}, aha::reinforce_loss{}); }
TEST(objectives, reinforce_plus_plus) { learn(aha::reinforce_plus_plus{}, aha::grpo_loss{}); }
TEST(objectives, reinforce_plus_plus_baseline) {
    learn(aha::reinforce_plus_plus_baseline{}, aha::grpo_loss{{.beta = 0.01, .kl = aha::kl_estimator::k2}});
}
TEST(objectives, process_supervision) { learn(aha::process_advantage{}, aha::gspo_token_loss{{.clip_high = 0.1}}); }
TEST(objectives, gspo) { learn(aha::gspo_loss{{.clip_low = 0.1, .clip_high = 0.1}}, aha::sequence_mean{}); }
TEST(objectives, cispo) { learn(aha::batch_normalized{}, aha::cispo_loss{{.bound = aha::cispo_range{}}}); }
TEST(objectives, sapo_with_an_entropy_bonus) {
    const auto metrics = learn(aha::sapo_loss{{.entropy_bonus = 0.001}}, aha::sequence_mean{});
    EXPECT_GT(metrics.at("policy_entropy"), 0);
}

}  // namespace
