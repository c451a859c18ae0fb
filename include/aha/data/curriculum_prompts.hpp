#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/core/state_values.hpp>
#include <aha/data/shuffled_order.hpp>

namespace aha {

/// How `curriculum_prompts` chooses.
struct curriculum_options {
    double floor = 0.1;   ///< chance of a prompt that is always or never solved, relative to one solved half the time
    double memory = 0.5;  ///< share of the old pass rate in the new one
    std::uint64_t seed = 0;  ///< of the draws

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(floor > 0 && floor <= 1, "floor must be in (0, 1], not ", floor);
        require(memory >= 0 && memory < 1, "memory must be in [0, 1), not ", memory);
    }
};

/// A prompt source that hears how its prompts did and asks more often those that teach most: a prompt that is solved
/// with chance p is drawn in proportion to floor + (1 - floor) 4 p (1 - p), the variance of its reward. One that has
/// not been asked counts as p = 1/2. It never ends, and goes on bit for bit from a checkpoint.
class curriculum_prompts {
public:
    /// Throws `aha::error` if there are no prompts or an option makes no sense.
    explicit curriculum_prompts(std::vector<prompt> prompts, const curriculum_options& options = {})
        : prompts_{std::move(prompts)}, options_{options}, pass_rates_(prompts_.size(), 0.5), asked_(prompts_.size()) {
        options_.validate();
        require(!prompts_.empty(), "the curriculum has no prompts");
    }

    /// The next question; its `index` is the place in the vector plus the number of prompts for each time before.
    std::optional<prompt> next() {
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

    /// Learns the pass rates of prompts from their scores, of which those of 1 and more are full passes and those of 0
    /// and less none.
    void hear(std::span<const rollout_group> groups) {
        for (const rollout_group& group : groups) {
            double passed = 0, counted = 0;
            for (const score& s : group.scores)
                if (s.applicable) passed += std::clamp(s.value, 0.0, 1.0), counted += 1;
            if (counted == 0) continue;
            double& p = pass_rates_[static_cast<std::size_t>(group.prompt.index) % prompts_.size()];
            p = options_.memory * p + (1 - options_.memory) * passed / counted;
        }
    }

    const std::vector<double>& pass_rates() const { return pass_rates_; }  ///< as far as they are known, by prompt

    state_values save() const {
        return {.values = {{"pass_rates", pass_rates_}, {"asked", asked_}, {"draws", draws_}, {"seed", options_.seed}}};
    }

    /// Goes on from a saved place. Throws `aha::error` if it belongs to another number of prompts or another seed.
    void load(const state_values& saved) {
        const auto rates = saved.values.value("pass_rates", std::vector<double>{});
        require(rates.size() == prompts_.size(), "the saved curriculum has ", rates.size(), " prompts, this one ",
                prompts_.size());
        require(saved.values.at("seed") == options_.seed, "the saved curriculum was drawn with seed ",
                saved.values.at("seed").dump(), ", not ", options_.seed);
        pass_rates_ = rates;
        asked_ = saved.values.at("asked").get<std::vector<std::uint64_t>>();
        draws_ = saved.values.at("draws").get<std::uint64_t>();
    }

private:
    double weight(double p) const { return options_.floor + (1 - options_.floor) * 4 * p * (1 - p); }

    std::vector<prompt> prompts_;
    curriculum_options options_;
    std::vector<double> pass_rates_;    // by prompt
    std::vector<std::uint64_t> asked_;  // how often, by prompt
    std::uint64_t draws_ = 0;
};

}  // namespace aha
