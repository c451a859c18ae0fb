#pragma once

#include <string>
#include <vector>

#include <aha/core/json.hpp>

namespace aha {

/// One line of a rubric: what an answer can earn points for.
struct criterion {
    std::string name{};         ///< short; the metric of its points gets it
    std::string description{};  ///< what the judge looks for
    double points = 1;          ///< the most that it gives
    bool operator==(const criterion&) const = default;
};

/// Throws `aha::error` for a rubric without criteria, two criteria of one name, one without a name or called "points",
/// and points that are not positive.
void check_rubric(const std::vector<criterion>& rubric);

/// A rubric out of a data row: a list of {"name", "description", "points"}, of which the points may be left out.
/// Throws `aha::error` for anything else.
std::vector<criterion> read_rubric(const json& list);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/judge/rubric.ipp>
#endif
