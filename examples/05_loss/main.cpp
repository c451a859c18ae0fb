// A policy loss of your own in the same loop: the surrogate without clipping, but with a penalty on how far the policy
// has moved since it was sampled.
#include <ATen/TensorOperators.h>
#include <ATen/ops/softmax.h>
#include <aha/data/vector_prompts.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/testing/laws/policy_loss_laws.hpp>
#include <aha/train/grpo.hpp>
#include <cstdio>

//! [loss]
struct proximal_loss {
    double pull = 0.1;

    aha::loss_output operator()(const aha::policy_batch& b) const {
        const at::Tensor moved = b.log_probs - b.old_log_probs;                              // [N]
        const at::Tensor terms = -moved.exp() * b.advantages + 0.5 * pull * moved.square();  // [N]
        return {(terms * b.weights).sum(), {{"moved", moved.detach().abs().sum()}}};
    }
    bool needs_reference() const { return false; }
    bool ignores_zero_advantage() const { return false; }  // the penalty is there without an advantage, too
};
static_assert(aha::require_policy_loss<proximal_loss>());
//! [loss]

struct proximal_case {
    static proximal_loss make() { return {}; }
};

int main() {
    for (const aha::testing::law& law : aha::testing::policy_loss_laws::all<proximal_case>())
        std::printf("%s: %s\n", std::string{law.name}.c_str(), law.broken().empty() ? "holds" : law.broken().c_str());

    aha::testing::bandit model{{0, 0, 0, 0}};
    std::vector<aha::prompt> questions(16);
    for (aha::prompt& p : questions) p.ids = {0};
    //! [use]
    auto grpo = aha::grpo{model,
                          aha::vector_prompts{questions},
                          [](const aha::prompt&, const aha::completion& c) { return c.ids[0] == 2; },
                          {.group_size = 8, .learning_rate = 0.1, .inner_epochs = 2, .seed = 1},
                          aha::autoregressive_sampler{aha::testing::arm_tokenizer{4}, {.max_new_tokens = 1}},
                          proximal_loss{.pull = 0.2}};  // policies come after the options, in any order
    //! [use]
    for (int step = 0; step < 30; ++step) grpo.step();
    std::printf("arm 2 is pulled with probability %.1f\n",
                at::softmax(model.weights()[0].detach().flatten(), 0)[2].item<double>());
}
