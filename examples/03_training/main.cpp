// The loop: sample, score, compare, learn. The model is the smallest there is, a bandit with four arms, so that the
// right end is known: it always pulls the arm that is rewarded.
#include <ATen/TensorOperators.h>
#include <ATen/ops/softmax.h>
#include <aha/data/vector_prompts.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/grpo.hpp>
#include <cstdio>

int main() {
    //! [slots]
    aha::testing::bandit model{{0, 0, 0, 0}};  // every arm is as likely
    std::vector<aha::prompt> questions(16);
    for (aha::prompt& p : questions) p.ids = {0};
    const auto reward = [](const aha::prompt&, const aha::completion& c) { return c.ids[0] == 2; };
    //! [slots]

    //! [loop]
    auto grpo = aha::grpo{model,
                          aha::vector_prompts{questions},
                          reward,
                          {.group_size = 8, .learning_rate = 0.1, .seed = 1},
                          aha::autoregressive_sampler{aha::testing::arm_tokenizer{4}, {.max_new_tokens = 1}}};
    for (const aha::step_report& step : grpo.steps(40)) {
        const at::Tensor likely = at::softmax(model.weights()[0].detach().flatten(), 0);
        if (step.step % 10 == 0)
            std::printf("step %2d  arm 2 is pulled with probability %.1f\n", static_cast<int>(step.step),
                        likely[2].item<double>());
    }
    //! [loop]
}
