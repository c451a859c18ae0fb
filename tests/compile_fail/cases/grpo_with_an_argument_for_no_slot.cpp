// aha: an argument of grpo after the options fits none of its slots: sampler, advantage, policy_loss
#include <aha/data/vector_prompts.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/grpo.hpp>

void train(aha::testing::bandit& model) {
    const auto reward = [](const aha::prompt&, const aha::completion&) { return 1.0; };
    const aha::autoregressive_sampler sampler{aha::testing::arm_tokenizer{2}};
#ifdef AHA_DEFECT
    aha::grpo{model,   aha::vector_prompts{std::vector<aha::prompt>(1)},
              reward,  {.group_size = 4},
              sampler, std::string{"adamw"}};
#else
    aha::grpo{model,       aha::vector_prompts{std::vector<aha::prompt>(1)}, reward, {.group_size = 4}, sampler,
              aha::adamw{}};
#endif
}
