#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include <examples/paper_in_miniature/claim.hpp>

namespace miniature {

namespace detail {

/// GRPO on the noisy base, with whatever reward and advantages.
template <class Reward, class Advantage = aha::group_relative>
json from_noisy_base(const laboratory& lab, const std::string& name, const Reward& reward,
                     Advantage advantage = Advantage{}) {
    reasoner r = lab.noisy_base();
    json found{{"rows", json::object()}, {"before", measure(r, lab.short_sums()).to_json()}, {"course", json::array()}};
    const rl_options options;
    reinforce(r, lab.short_sums(), reward, options, course{found["course"], lab.watch(name, options.steps, 35)},
              std::move(advantage));
    found["after"] = measure(r, lab.short_sums()).to_json();
    return found;
}

}  // namespace detail

inline claim rl_alone() {
    return {"zero",
            {"noisy_base"},
            38,
            {{"zero_accuracy", "RL alone makes a base model reason (R1-Zero)", "AIME 2024: 15.6 -> 71.0",
              "accuracy, base -> RL", ">= 0.92"},
             {"zero_format", "and teaches it the format", "-", "format, base -> RL", ">= 0.97"}},
            [](const laboratory& lab) {
                json found = detail::from_noisy_base(lab, "zero", rule_rewards());
                const double accuracy = number(found, "after", "accuracy"), format = number(found, "after", "format");
                found["rows"]["zero_accuracy"] =
                    judged(number(found, "before", "accuracy"), accuracy, accuracy >= 0.92);
                found["rows"]["zero_format"] = judged(number(found, "before", "format"), format, format >= 0.97);
                return found;
            }};
}

/// A control on the noisy base that must not raise accuracy, and should leave it where it was.
template <class Reward, class Advantage = aha::group_relative>
claim control(const std::string& name, const std::string& text, const Reward& reward,
              Advantage advantage = Advantage{}) {
    return {name,
            {"noisy_base"},
            38,
            {{name, text, "control", "accuracy, base -> RL", "no rise by 3 s.e."},
             {name + "_stays", "and leaves the model as it was", "control", "accuracy, base -> RL", "within 3 s.e."}},
            [=](const laboratory& lab) {
                json found = detail::from_noisy_base(lab, name, reward, advantage);
                const double before = number(found, "before", "accuracy"), after = number(found, "after", "accuracy"),
                             error = std::hypot(number(found, "before", "error"), number(found, "after", "error"));
                found["standard_errors"] = (after - before) / error;
                found["rows"][name] = judged(before, after, after - before <= 3 * error);
                found["rows"][name + "_stays"] = judged(before, after, std::abs(after - before) <= 3 * error);
                return found;
            }};
}

}  // namespace miniature
