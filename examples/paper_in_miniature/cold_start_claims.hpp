#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include <examples/paper_in_miniature/claim.hpp>

namespace miniature {

/// The cold start after 300 updates of GRPO.
inline reasoner taught(const laboratory& lab, json& path) {
    const rl_options options{.steps = 300, .questions = 32};
    return lab.teacher([&](reasoner& r) {
        reinforce(r, lab.long_sums(), rule_rewards(), options,
                  course{path, lab.watch("teacher", options.steps, laboratory::expected_seconds("teacher")), 30});
    });
}

inline claim cold_start_then_rl() {
    return {"cold_start",
            {"cold_start", "teacher"},
            5,
            {{"cold_start", "After a cold start, RL goes on from there (R1)", "AIME 2024: 59.0 -> 74.0",
              "accuracy, cold start -> RL", ">= 0.88"},
             {"cold_start_greedy", "and the likeliest answer does not get worse", "-",
              "greedy accuracy, cold start -> RL", "no fall"}},
            [](const laboratory& lab) {
                json found{{"rows", json::object()}, {"course", json::array()}};
                const measured before = measure(lab.cold_start(), lab.long_sums());
                const measured after = measure(taught(lab, found["course"]), lab.long_sums());
                found["before"] = before.to_json();
                found["after"] = after.to_json();
                found["rows"]["cold_start"] = judged(before.accuracy, after.accuracy, after.accuracy >= 0.88);
                found["rows"]["cold_start_greedy"] = judged(before.greedy, after.greedy, after.greedy >= before.greedy);
                return found;
            }};
}

inline claim majority_vote() {
    return {"majority",
            {"cold_start"},
            12,
            {{"majority", "A majority of samples beats one sample", "AIME 2024: 71.0 -> 86.7 (of 64)",
              "cold start, accuracy -> of the majority of 16", "more by 3 s.e."}},
            [](const laboratory& lab) {
                const measured m = measure(lab.cold_start(), lab.long_sums(), {.samples = 16});
                json found{{"rows", json::object()}, {"cold_start", m.to_json()}};
                const double error = std::hypot(m.error, std::sqrt(m.majority * (1 - m.majority) / 512));
                found["rows"]["majority"] = judged(m.accuracy, m.majority, m.majority - m.accuracy > 3 * error);
                return found;
            }};
}

inline claim too_high_a_rate() {
    return {"rate",
            {"cold_start"},
            40,
            {{"rate", "A rate three times as high (3e-4) makes it worse", "control",
              "greedy accuracy, cold start -> RL", "falls by 3 s.e."},
             {"rate_destroys", "ten times as high (1e-3), it is destroyed", "control",
              "greedy accuracy, cold start -> RL", "falls by 3 s.e."}},
            [](const laboratory& lab) {
                const reversed_addition task = lab.long_sums();
                const reasoner base = lab.cold_start();
                const measure_options many{.questions = 2048, .samples = 1};
                const measured before = measure(base, task, many);
                json found{{"rows", json::object()}, {"before", before.to_json()}};
                const auto run = [&](const std::string& name, double rate) {
                    reasoner r = twin(base);
                    const rl_options options{.steps = 60, .learning_rate = rate};
                    found[name] = {{"course", json::array()}};
                    reinforce(r, task, rule_rewards(), options,
                              course{found[name]["course"], lab.watch(name, options.steps, 18)});
                    const measured after = measure(r, task, many);
                    found[name]["after"] = after.to_json();
                    const auto error = [](double share) { return std::sqrt(share * (1 - share) / 2048); };
                    found["rows"][name] = judged(
                        before.greedy, after.greedy,
                        before.greedy - after.greedy > 3 * std::hypot(error(before.greedy), error(after.greedy)));
                };
                run("rate", 3e-4);
                run("rate_destroys", 1e-3);
                return found;
            }};
}

}  // namespace miniature
