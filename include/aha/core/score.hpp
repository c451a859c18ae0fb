#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace aha {

/// What a process reward says of one step of a completion.
struct step_score {
    std::int64_t end = 0;  ///< one past the step's last token, in (0, T]
    double value = 0;      ///< how good the step is
    bool operator==(const step_score&) const = default;
};

/// What a reward says of a completion. A plain number converts to it.
struct score {
    double value = 0;                                   ///< the scalar that advantages are made of
    std::vector<std::pair<std::string, double>> parts;  ///< named addends, for metrics; empty for a single reward
    std::vector<step_score> steps;  ///< of a process reward, in order; what `process_advantage` is made of
    bool applicable = true;         ///< false: leave this completion out of its group's statistics, with advantage 0

    score() = default;
    /// No score yet, a number, or a number with named parts.
    score(double v) : value{v} {}  // NOLINT(google-explicit-constructor): a number is a score
    /// No score yet, a number, or a number with named parts.
    score(double v, std::vector<std::pair<std::string, double>> named) : value{v}, parts{std::move(named)} {}

    /// The score of a completion that a reward has nothing to say about.
    static score not_applicable() {
        score none;
        none.applicable = false;
        return none;
    }
};

}  // namespace aha
