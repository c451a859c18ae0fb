// aha: a trainer.s options come before its policies
#include <aha/data/vector_prompts.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/grpo.hpp>

void train(aha::testing::bandit& model) {
    const auto reward = [](const aha::prompt&, const aha::completion&) { return 1.0; };
    const aha::vector_prompts prompts{std::vector<aha::prompt>(1)};
    const aha::autoregressive_sampler sampler{aha::testing::arm_tokenizer{2}};
#ifdef AHA_DEFECT
    aha::grpo{model, prompts, reward, sampler, aha::grpo_options{.group_size = 4}};
#else
    aha::grpo{model, prompts, reward, {.group_size = 4}, sampler};
#endif
}
