// aha: a bare model has no tokenizer, so a trainer that samples needs a sampler after the options
#include <aha/data/vector_prompts.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/grpo.hpp>

void train(aha::testing::bandit& model) {
    const auto reward = [](const aha::prompt&, const aha::completion&) { return 1.0; };
#ifdef AHA_DEFECT
    aha::grpo{model, aha::vector_prompts{std::vector<aha::prompt>(1)}, reward, {.group_size = 4}};
#else
    aha::grpo{model,
              aha::vector_prompts{std::vector<aha::prompt>(1)},
              reward,
              {.group_size = 4},
              aha::autoregressive_sampler{aha::testing::arm_tokenizer{2}}};
#endif
}
