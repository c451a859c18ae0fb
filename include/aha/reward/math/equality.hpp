#pragma once

#include <aha/reward/math/equality_options.hpp>
#include <aha/reward/math/expression.hpp>
#include <aha/reward/math/work_budget.hpp>

namespace aha::math {

/// Whether two formulas say the same: rational numbers exactly, others by their values at several points with 50
/// digits, sets by their elements, relations by what they allow. What would take more work than `budget` has is not
/// equal.
///
/// Symmetric, unless `as_math_verify`.
bool same_value(const expression& gold, const expression& given, const equality_options& options, work_budget& budget);

}  // namespace aha::math

#ifndef AHA_COMPILED
#include <aha/reward/math/equality.ipp>
#endif
