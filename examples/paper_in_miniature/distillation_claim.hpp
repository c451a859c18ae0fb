#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <examples/paper_in_miniature/cold_start_claims.hpp>

namespace miniature {

/// Right answers of `teacher` to new questions, a sample each at temperature 1, until there are `count`: R1's rejection
/// sampling.
inline std::vector<aha::supervised_example> right_answers(const reasoner& teacher, const reversed_addition& task,
                                                          std::int64_t count, arithmetic& cost) {
    const aha::autoregressive_sampler sampler{teacher.tokenizer, {.max_new_tokens = task.response_tokens() + 4}};
    const auto reward = rule_rewards();
    std::vector<aha::supervised_example> kept;
    for (std::int64_t first = 2'000'000; std::ssize(kept) < count; first += 256) {
        std::vector<aha::prompt> asked = task.questions_from(first, 256);
        for (aha::prompt& p : asked) p.ids = aha::tokens_of(teacher, p);
        for (const aha::rollout_group& group : sampler.sample(teacher.model, asked, 1, {task.options().seed})) {
            const aha::completion& said = group.completions.front();
            cost.read(teacher, static_cast<double>(said.ids.size()));
            if (reward(group.prompt, said).value < 2 || std::ssize(kept) == count) continue;
            kept.push_back(aha::completion_example(teacher, group.prompt.text, said.text, std::ssize(kept)));
        }
    }
    return kept;
}

inline claim distillation() {
    return {"distillation",
            {"cold_start", "teacher", "student"},
            60,
            {{"distillation", "Distilling beats RL on a small model", "AIME 2024: 47.0 < 72.6 (32 B)",
              "accuracy of the student, RL -> distilled, equal updates", "more by 3 s.e."},
             {"distillation_cost", "and costs less", "far cheaper", "10^12 operations, RL -> distilled with sampling",
              "less"}},
            [](const laboratory& lab) {
                const reversed_addition task = lab.long_sums();
                json found{{"rows", json::object()}, {"teacher_course", json::array()}, {"course", json::array()}};
                const reasoner teacher = taught(lab, found["teacher_course"]);
                const reasoner base = lab.student();
                found["before"] = measure(base, task).to_json();
                found["teacher"] = measure(teacher, task).to_json();

                const rl_options options;
                reasoner reinforced = twin(base);
                const arithmetic rl = reinforce(reinforced, task, rule_rewards(), options,
                                                course{found["course"], lab.watch("student RL", options.steps, 30)});
                const measured after_rl = measure(reinforced, task);

                arithmetic cost;
                const std::int64_t rows = 256;  // as many responses an update as RL learns from
                reasoner distilled = twin(base);
                std::vector<aha::supervised_example> answers = right_answers(teacher, task, 30 * rows, cost);
                aha::sft trainer{distilled,
                                 std::move(answers),
                                 {.batch_size = rows,
                                  .learning_rate = 1e-3,
                                  .rows = {.seed = lab.seed(), .epochs = options.steps / 30}}};
                const watcher say = lab.watch("student distilled", options.steps, 25);
                for (const aha::step_report& step : trainer.steps()) {
                    cost.learn(distilled, step.metric("tokens/trained"));
                    say(step);
                }
                const measured after = measure(distilled, task);

                found["after_rl"] = after_rl.to_json();
                found["after_distillation"] = after.to_json();
                found["rows"]["distillation"] =
                    judged(after_rl.accuracy, after.accuracy,
                           after.accuracy - after_rl.accuracy > 3 * error_of(after, after_rl));
                found["rows"]["distillation_cost"] =
                    judged(rl.operations / 1e12, cost.operations / 1e12, cost.operations < rl.operations);
                return found;
            }};
}

}  // namespace miniature
