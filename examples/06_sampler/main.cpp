// A sampler of your own. This one draws with another sampler, and keeps of twice as many answers those that differ from
// one another as far as possible, so that a group has something to compare.
#include <ATen/ops/softmax.h>
#include <aha/data/vector_prompts.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/grpo.hpp>
#include <algorithm>
#include <cstdio>
#include <set>

//! [sampler]
template <class Inner>
struct various {
    Inner inner;

    template <class Model>
    std::vector<aha::rollout_group> sample(const Model& model, std::span<const aha::prompt> prompts,
                                           std::int64_t group_size, const aha::random_key& key) {
        std::vector<aha::rollout_group> groups = inner.sample(model, prompts, 2 * group_size, key);
        for (aha::rollout_group& group : groups) {
            std::set<std::vector<aha::token_id>> seen;
            std::ranges::stable_partition(group.completions,
                                          [&](const aha::completion& c) { return seen.insert(c.ids).second; });
            group.completions.resize(static_cast<std::size_t>(group_size));
        }
        return groups;
    }

    // The trainer computes log-probs at the temperature at which answers were drawn.
    double temperature() const { return inner.options().temperature; }
};
template <class Inner>
various(Inner) -> various<Inner>;
//! [sampler]

int main() {
    aha::testing::bandit model{{5, 0, 0, 0}};  // nearly always it pulls arm 0
    std::vector<aha::prompt> questions(8);
    for (aha::prompt& p : questions) p.ids = {0};
    const auto reward = [](const aha::prompt&, const aha::completion& c) { return c.ids[0] == 2; };
    const auto plain = aha::autoregressive_sampler{aha::testing::arm_tokenizer{4}, {.max_new_tokens = 1}};
    const auto learnt = [&](auto sampler) {
        aha::testing::bandit own = model.clone();
        auto grpo = aha::grpo{
            own, aha::vector_prompts{questions}, reward, {.group_size = 4, .learning_rate = 0.1, .seed = 1}, sampler};
        for (int step = 0; step < 30; ++step) grpo.step();
        return at::softmax(own.weights()[0].detach().flatten(), 0)[2].template item<double>();
    };
    const double without = learnt(plain), with = learnt(various{plain});
    std::printf("probability of the right arm after 30 steps: plain %.1f, various %.1f\n", without, with);
}
