#pragma once

#include <cstdint>
#include <string>

#include <examples/paper_in_miniature/claim.hpp>

namespace miniature {

inline claim language_reward() {
    return {"language",
            {"mixed_base"},
            125,
            {{"language", "The language reward makes the reasoning consistent", "stable (figure)",
              "consistency, base -> RL with the reward", "> 0.98"},
             {"language_without", "without it, it stays mixed", "decays (figure)", "consistency, base -> RL without",
              "<= 0.98"},
             {"language_cost", "at little cost in accuracy", "mathematics unchanged, code slightly lower",
              "accuracy, RL without -> with", "less by 3 s.e. at most"}},
            [](const laboratory& lab) {
                const reversed_addition task = lab.mixed_sums();
                json found{{"rows", json::object()}};
                const reasoner base = lab.mixed_base();
                const measured before = measure(base, task);
                found["before"] = before.to_json();
                const rl_options options{.steps = 300};
                const auto run = [&](const std::string& name, const auto& reward) {
                    reasoner r = twin(base);
                    found[name] = {{"course", json::array()}};
                    reinforce(r, task, reward, options,
                              course{found[name]["course"], lab.watch("language " + name, options.steps, 58)});
                    const measured after = measure(r, task);
                    found[name]["after"] = after.to_json();
                    return after;
                };
                const auto consistent = [task](const aha::prompt& asked, const aha::completion& said) {
                    return task.consistency(asked, said.text);
                };
                const measured without = run("without", rule_rewards());
                const measured with = run(
                    "with",
                    aha::sum_rewards(aha::named("accuracy", aha::accuracy{.source = aha::answer_source::answer_tag}),
                                     aha::named("format", aha::format_reward{}), aha::named("language", consistent)));
                found["rows"]["language"] = judged(before.consistency, with.consistency, with.consistency > 0.98);
                found["rows"]["language_without"] =
                    judged(before.consistency, without.consistency, without.consistency <= 0.98);
                found["rows"]["language_cost"] = judged(
                    without.accuracy, with.accuracy, without.accuracy - with.accuracy <= 3 * error_of(with, without));
                return found;
            }};
}

}  // namespace miniature
