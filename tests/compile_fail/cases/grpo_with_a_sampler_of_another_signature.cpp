// aha: a sampler answers prompts with the model; write: .*std::vector<aha::rollout_group> sample\(const Model& model
#include <aha/data/vector_prompts.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/grpo.hpp>

struct my_sampler {
#ifdef AHA_DEFECT
    std::vector<aha::rollout_group> sample(const aha::testing::bandit&, std::span<const aha::prompt>) { return {}; }
#else
    std::vector<aha::rollout_group> sample(const aha::testing::bandit&, std::span<const aha::prompt>, std::int64_t,
                                           const aha::random_key&) {
        return {};
    }
#endif
};

void train(aha::testing::bandit& model) {
    const auto reward = [](const aha::prompt&, const aha::completion&) { return 1.0; };
    aha::grpo{model, aha::vector_prompts{std::vector<aha::prompt>(1)}, reward, {.group_size = 4}, my_sampler{}};
}
