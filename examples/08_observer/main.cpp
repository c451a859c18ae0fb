// A run: who watches it, where it is kept, and how it goes on after it was stopped. An observer has any of three hooks.
#include <aha/data/vector_prompts.hpp>
#include <aha/io/folder_checkpoints.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/train/grpo.hpp>
#include <aha/train/run_training.hpp>
#include <cstdio>
#include <filesystem>

//! [observer]
/// Tells when the reward passes a mark for the first time.
struct milestone {
    double mark = 0.9;
    bool passed = false;

    void on_step(const aha::step_report& step) {
        if (passed || step.metric("reward") < mark) return;
        passed = true;
        std::printf("the reward passed %.1f\n", mark);
    }
    void on_end(const aha::run_summary& summary) {
        std::printf("the run ends at step %d\n", static_cast<int>(summary.steps));
    }
};
static_assert(aha::require_observer<milestone>());  // a hook that is misspelt is an error, not ignored
//! [observer]

int main() {
    const std::filesystem::path folder = "milestone-run";
    std::filesystem::remove_all(folder);
    std::vector<aha::prompt> questions(16);
    for (aha::prompt& p : questions) p.ids = {0};

    const auto run_until = [&](std::int64_t last_step) {
        aha::testing::bandit model{{0, 0, 0, 0}};
        auto grpo = aha::grpo{model,
                              aha::vector_prompts{questions},
                              [](const aha::prompt&, const aha::completion& c) { return c.ids[0] == 2; },
                              {.group_size = 8, .learning_rate = 0.1, .seed = 1},
                              aha::autoregressive_sampler{aha::testing::arm_tokenizer{4}, {.max_new_tokens = 1}}};
        //! [run]
        aha::folder_checkpoints store{folder};
        milestone watching;
        aha::run_training(grpo, store, {.steps = last_step, .checkpoint_every = 5, .resume = true}, watching);
        //! [run]
        return grpo.steps_done();
    };
    run_until(10);
    std::printf("started again in the same folder\n");
    run_until(30);
    std::filesystem::remove_all(folder);
}
