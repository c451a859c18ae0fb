#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace aha::detail {

/// What the figures of a run suggest (bfloat16 products alone make gaps of some tenths), most pressing first; each a
/// sentence with the figure. Means are over the last tenth of the steps, at least three.
/// @param steps objects of metrics by TRL's names, in order
inline std::vector<std::string> run_advice(const std::vector<nlohmann::ordered_json>& steps) {
    std::vector<std::string> advice;
    const auto mean = [&](const char* name, std::size_t from, std::size_t to) -> std::optional<double> {
        double sum = 0, count = 0;
        for (std::size_t i = from; i < std::min(to, steps.size()); ++i)
            if (const auto found = steps[i].find(name); found != steps[i].end() && found->is_number()) {
                sum += found->get<double>();
                ++count;
            }
        return count > 0 ? std::optional{sum / count} : std::nullopt;
    };
    if (steps.size() < 3) return advice;
    const std::size_t tail = std::max<std::size_t>(3, steps.size() / 10), from = steps.size() - tail;
    const auto late = [&](const char* name) { return mean(name, from, steps.size()); };
    const auto percent = [](double share) { return std::to_string(std::lround(100 * share)) + " %"; };
    const auto number = [](double value) {
        char text[32];
        std::snprintf(text, sizeof text, "%.3g", value);
        return std::string{text};
    };
    if (const auto gap = late("sampler_gap/max"); gap && *gap > 1)
        advice.push_back(
            "The sampler's log-probs differ from the trainer's by up to " + number(*gap) +
            ": look for a model whose sessions do not agree with its hidden states (law suite language_model).");
    if (const auto cut = late("completions/clipped_ratio"); cut && *cut > 0.2)
        advice.push_back(percent(*cut) +
                         " of the completions are cut off by the token budget: raise max_new_tokens, or "
                         "mask_truncated.");
    if (const auto same = late("frac_reward_zero_std"); same && *same > 0.5)
        advice.push_back(percent(*same) +
                         " of the groups agree with themselves and teach nothing: harder questions, a larger "
                         "group, or more questions a step.");
    if (const auto entropy = late("entropy"); entropy && *entropy < 0.05)
        advice.push_back("Entropy is " + number(*entropy) +
                         " nats: the policy hardly explores any more; a lower rate, a higher "
                         "clip_high or an entropy bonus keep it alive.");
    if (const auto norm = late("grad_norm"), before = mean("grad_norm", 0, from); norm && before && *norm > 5 * *before)
        advice.push_back("The gradient's norm rose from " + number(*before) + " to " + number(*norm) +
                         ": lower the rate.");
    const auto early = mean("reward", 0, tail), now = late("reward");
    if (early && now && steps.size() >= 20 && *now <= *early)
        advice.push_back("The reward went from " + number(*early) + " to " + number(*now) +
                         ": read what it says, and whether any answer of a group is right at all.");
    if (early && now && *now > *early)
        advice.push_back("The reward went from " + number(*early) + " to " + number(*now) + ".");
    if (const auto loss = late("loss"), at_first = mean("loss", 0, tail); !now && loss && at_first)
        advice.push_back("The loss went from " + number(*at_first) + " to " + number(*loss) + ".");
    return advice;
}

}  // namespace aha::detail
