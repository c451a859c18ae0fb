#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include <aha/data/curriculum_prompts.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/random.hpp>
#include <aha/data/shuffled_order.hpp>

namespace aha {

AHA_INLINE void curriculum_options::validate() const {
    require(floor > 0 && floor <= 1, "floor must be in (0, 1], not ", floor);
    require(memory >= 0 && memory < 1, "memory must be in [0, 1), not ", memory);
}

AHA_INLINE curriculum_prompts::curriculum_prompts(std::vector<prompt> prompts, const curriculum_options& options)
    : prompts_{std::move(prompts)}, options_{options}, pass_rates_(prompts_.size(), 0.5), asked_(prompts_.size()) {
    options_.validate();
    require(!prompts_.empty(), "the curriculum has no prompts");
}

AHA_INLINE std::optional<prompt> curriculum_prompts::next() {
    double total = 0;
    for (const double p : pass_rates_) total += weight(p);
    const random_stream random{{options_.seed, 0, detail::order_stream, 1}};
    double left = random.uniform(draws_++) * total;
    std::size_t row = 0;
    while (row + 1 < prompts_.size() && (left -= weight(pass_rates_[row])) >= 0) ++row;
    prompt question = prompts_[row];
    question.index = static_cast<std::int64_t>(row + prompts_.size() * asked_[row]++);
    return question;
}

AHA_INLINE void curriculum_prompts::hear(std::span<const rollout_group> groups) {
    for (const rollout_group& group : groups) {
        double passed = 0, counted = 0;
        for (const score& s : group.scores)
            if (s.applicable) passed += std::clamp(s.value, 0.0, 1.0), counted += 1;
        if (counted == 0) continue;
        double& p = pass_rates_[static_cast<std::size_t>(group.prompt.index) % prompts_.size()];
        p = options_.memory * p + (1 - options_.memory) * passed / counted;
    }
}

AHA_INLINE state_values curriculum_prompts::save() const {
    return {.values = {{"pass_rates", pass_rates_}, {"asked", asked_}, {"draws", draws_}, {"seed", options_.seed}}};
}

AHA_INLINE void curriculum_prompts::load(const state_values& saved) {
    const auto rates = saved.values.value("pass_rates", std::vector<double>{});
    require(rates.size() == prompts_.size(), "the saved curriculum has ", rates.size(), " prompts, this one ",
            prompts_.size());
    require(saved.values.at("seed") == options_.seed, "the saved curriculum was drawn with seed ",
            saved.values.at("seed").dump(), ", not ", options_.seed);
    pass_rates_ = rates;
    asked_ = saved.values.at("asked").get<std::vector<std::uint64_t>>();
    draws_ = saved.values.at("draws").get<std::uint64_t>();
}

}  // namespace aha
