#pragma once

#include <optional>

#include <aha/reward/math/evaluate.hpp>
#include <aha/reward/math/expression.hpp>
#include <aha/reward/math/work_budget.hpp>

namespace aha::math {

/// +1 or -1 for an infinite number, 0 for another.
int infinite_sign(const expression& one);

/// Whether two sets of real numbers, made of intervals, finite sets and the named sets by union, intersection and
/// difference, have the same members; nothing if an end or an element is no real number.
std::optional<bool> same_real_set(const expression& a, const expression& b, work_budget& budget);

/// The interval or set that a relation of one variable says, as "1 < x <= 2" says (1, 2]; nothing for what is not that
/// simple.
std::optional<expression> set_of_relation(const expression& relation);

/// Whether a relation of one variable holds for the members of a set and for no other real number, by many samples;
/// nothing if that cannot be tried.
std::optional<bool> relation_says_set(const expression& relation, const expression& set, work_budget& budget);

/// A tuple of two ascending ends, or of ends that are no numbers, which may be an open interval; or an interval.
bool is_interval_like(const expression& one, work_budget& budget);

}  // namespace aha::math

#ifndef AHA_COMPILED
#include <aha/reward/math/real_sets.ipp>
#endif
