// aha: which slot a lambda with auto arguments is for cannot be told; write their types
#include <aha/data/vector_prompts.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/grpo.hpp>

void train(aha::testing::bandit& model) {
    const auto reward = [](const aha::prompt&, const aha::completion&) { return 1.0; };
    const aha::vector_prompts prompts{std::vector<aha::prompt>(1)};
    const aha::autoregressive_sampler sampler{aha::testing::arm_tokenizer{2}};
#ifdef AHA_DEFECT
    aha::grpo{model, prompts, reward, {.group_size = 4}, sampler, [](auto step) { return 1.0 / (step + 1); }};
#else
    aha::grpo{model, prompts, reward, {.group_size = 4}, sampler, [](std::int64_t step) { return 1.0 / double(step + 1); }};
#endif
}
