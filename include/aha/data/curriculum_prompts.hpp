#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/core/state_values.hpp>

namespace aha {

/// How `curriculum_prompts` chooses.
struct curriculum_options {
    double floor = 0.1;   ///< chance of a prompt that is always or never solved, relative to one solved half the time
    double memory = 0.5;  ///< share of the old pass rate in the new one
    std::uint64_t seed = 0;  ///< of the draws

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const;
};

/// A prompt source that hears how its prompts did and asks more often those that teach most: a prompt that is solved
/// with chance p is drawn in proportion to floor + (1 - floor) 4 p (1 - p), the variance of its reward. One that has
/// not been asked counts as p = 1/2. It never ends, and goes on bit for bit from a checkpoint.
class curriculum_prompts {
public:
    /// Throws `aha::error` if there are no prompts or an option makes no sense.
    explicit curriculum_prompts(std::vector<prompt> prompts, const curriculum_options& options = {});

    /// The next question; its `index` is the place in the vector plus the number of prompts for each time before.
    std::optional<prompt> next();

    /// Learns the pass rates of prompts from their scores, of which those of 1 and more are full passes and those of 0
    /// and less none.
    void hear(std::span<const rollout_group> groups);

    const std::vector<double>& pass_rates() const { return pass_rates_; }  ///< as far as they are known, by prompt

    state_values save() const;

    /// Goes on from a saved place. Throws `aha::error` if it belongs to another number of prompts or another seed.
    void load(const state_values& saved);

private:
    double weight(double p) const { return options_.floor + (1 - options_.floor) * 4 * p * (1 - p); }

    std::vector<prompt> prompts_;
    curriculum_options options_;
    std::vector<double> pass_rates_;    // by prompt
    std::vector<std::uint64_t> asked_;  // how often, by prompt
    std::uint64_t draws_ = 0;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/data/curriculum_prompts.ipp>
#endif
