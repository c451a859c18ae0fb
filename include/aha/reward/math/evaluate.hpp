#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/reward/math/approximate.hpp>
#include <aha/reward/math/expression.hpp>
#include <aha/reward/math/work_budget.hpp>

namespace aha::math {

/// A point at which expressions are compared: it gives each symbol a value of its own, the same in every run.
struct sample_point {
    std::uint64_t seed = 0;                                    ///< which of the points
    bool keep_case = false;                                    ///< x and X are two symbols
    bool imaginary = true;                                     ///< the letter i is the imaginary unit
    std::vector<std::pair<std::string, approximate>> given{};  ///< symbols with values of their own: what is counted

    /// The value of a symbol: between -2 and 2, all positive at the point 0.
    approximate value_of(const std::string& symbol) const;
};

/// The value of an expression at a point; nothing if it has none there (a division by zero, a set), or if it would take
/// more work than `budget` has. What is not calculated, as an unknown function or a limit, has a value that depends on
/// its parts alone.
std::optional<approximate> evaluate(const expression& one, const sample_point& point, work_budget& budget);

/// A matrix of numbers by rows.
using matrix_value = std::vector<std::vector<approximate>>;

/// The value of an expression that is a matrix; nothing if it is none.
std::optional<matrix_value> evaluate_matrix(const expression& one, const sample_point& point, work_budget& budget);

/// Whether symbols or unknown functions stand in an expression, so that it has no value of its own.
bool has_symbols(const expression& one);

/// Whether a matrix stands in an expression outside of functions.
bool has_matrix(const expression& one);

}  // namespace aha::math

#ifndef AHA_COMPILED
#include <aha/reward/math/evaluate.ipp>
#endif
