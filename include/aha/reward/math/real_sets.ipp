#pragma once

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <aha/reward/math/real_sets.hpp>
#include <aha/core/inline.hpp>

namespace aha::math {

namespace detail {

/// A real number that may be infinite.
struct end_value {
    real value{};
    int infinite = 0;  ///< its sign

    bool operator<(const end_value& other) const {
        if (infinite != other.infinite) return infinite < other.infinite;
        return infinite == 0 && value < other.value;
    }
};

AHA_INLINE std::optional<end_value> end_of(const expression& one, work_budget& budget) {
    if (const int sign = infinite_sign(one)) return end_value{.infinite = sign};
    if (has_symbols(one)) return std::nullopt;
    const std::optional<approximate> value = evaluate(one, {}, budget);
    if (!value || !value->is_real()) return std::nullopt;
    return end_value{.value = value->re};
}

inline bool same_real(const real& a, const real& b) {
    const real difference = abs(a - b);
    return difference < real{1e-30L} || difference < abs(a) * real{1e-30L};
}

/// The finite ends and elements of a set; false if one is no real number.
AHA_INLINE bool collect_ends(const expression& set, std::vector<real>& ends, work_budget& budget) {
    switch (set.kind) {
        case form::named_set: return true;
        case form::join:
        case form::meet:
        case form::difference:
            return std::all_of(set.parts.begin(), set.parts.end(),
                               [&](const expression& part) { return collect_ends(part, ends, budget); });
        case form::set:
        case form::list:
        case form::interval:
        case form::tuple:
            for (const expression& part : set.parts) {
                const std::optional<end_value> end = end_of(part, budget);
                if (!end || (end->infinite != 0 && !set.is(form::interval) && !set.is(form::tuple))) return false;
                if (end->infinite == 0) ends.push_back(end->value);
            }
            return true;
        default: {
            const std::optional<end_value> end = end_of(set, budget);
            if (!end || end->infinite != 0) return false;
            ends.push_back(end->value);
            return true;
        }
    }
}

/// Whether a real number is in a set.
AHA_INLINE bool contains(const expression& set, const real& x, work_budget& budget) {
    budget.spend(5);
    switch (set.kind) {
        case form::named_set:
            if (set.name == "empty") return false;
            if (set.name == "R" || set.name == "C" || set.name == "Q") return true;
            return same_real(x, round(x)) && (set.name == "Z" || x > real{0.5});
        case form::join:
            return std::any_of(set.parts.begin(), set.parts.end(),
                               [&](const expression& part) { return contains(part, x, budget); });
        case form::meet:
            return std::all_of(set.parts.begin(), set.parts.end(),
                               [&](const expression& part) { return contains(part, x, budget); });
        case form::difference: return contains(set.parts[0], x, budget) && !contains(set.parts[1], x, budget);
        case form::interval:
        case form::tuple: {
            if (set.parts.size() != 2) return false;
            const std::optional<end_value> low = end_of(set.parts[0], budget), high = end_of(set.parts[1], budget);
            if (!low || !high) return false;
            if (low->infinite == 0 && same_real(x, low->value)) return set.name.front() == '[';
            if (high->infinite == 0 && same_real(x, high->value)) return set.name.back() == ']';
            const end_value at{.value = x};
            return *low < at && at < *high;
        }
        case form::set:
        case form::list:
            return std::any_of(set.parts.begin(), set.parts.end(),
                               [&](const expression& part) { return contains(part, x, budget); });
        default: {
            const std::optional<end_value> value = end_of(set, budget);
            return value && value->infinite == 0 && same_real(x, value->value);
        }
    }
}

/// The ends, a number between each two neighbors, and one beyond the first and the last.
AHA_INLINE std::vector<real> probes(std::vector<real> ends) {
    std::sort(ends.begin(), ends.end());
    ends.erase(std::unique(ends.begin(), ends.end(), same_real), ends.end());
    if (ends.empty()) return {real{0.31L}};
    std::vector<real> all{ends.front() - 1 - real{0.31L}};
    for (std::size_t i = 0; i < ends.size(); ++i) {
        if (i > 0) all.push_back(ends[i - 1] + (ends[i] - ends[i - 1]) * real{0.4142L});
        all.push_back(ends[i]);
    }
    all.push_back(ends.back() + 1 + real{0.31L});
    return all;
}

/// Unknown functions as variables: the f(x) in "0 < f(x) < 1".
AHA_INLINE expression without_functions(expression one) {
    if (one.is(form::apply) && one.name.starts_with("function ")) return named(form::symbol, to_text(one));
    for (expression& part : one.parts) part = without_functions(std::move(part));
    return one;
}

/// Whether a relation holds where its variable is `x`; nothing if a side has no real value.
AHA_INLINE std::optional<bool> holds(const expression& relation, const std::string& variable, const real& x,
                                     work_budget& budget) {
    sample_point point;
    point.given.emplace_back(variable, exactly(x));
    std::vector<approximate> sides;
    for (const expression& side : relation.parts) {
        if (const int sign = infinite_sign(side)) {
            sides.push_back(exactly(real{sign} * real{1e300L}));
            continue;
        }
        const std::optional<approximate> value = evaluate(side, point, budget);
        if (!value || !value->is_real()) return std::nullopt;
        sides.push_back(*value);
    }
    for (std::size_t i = 0; i + 1 < sides.size(); ++i) {
        const bool equal = same_real(sides[i].re, sides[i + 1].re), less = sides[i].re < sides[i + 1].re;
        const char sign = relation.name[i];
        const bool right = sign == relation_sign::equal     ? equal
                           : sign == relation_sign::unequal ? !equal
                           : sign == relation_sign::less    ? less && !equal
                           : sign == relation_sign::greater ? !less && !equal
                           : sign == relation_sign::at_most ? less || equal
                                                            : !less || equal;
        if (!right) return false;
    }
    return true;
}

}  // namespace detail

AHA_INLINE int infinite_sign(const expression& one) {
    if (one.is(form::constant)) return one.name == "infinity" ? 1 : 0;
    if (one.is(form::sum) && one.parts.size() == 1) return infinite_sign(one.parts.front());
    if (!one.is(form::product)) return 0;
    int sign = 1;
    bool infinite = false;
    for (const expression& part : one.parts) {
        if (part.is(form::number)) sign *= part.value < 0 ? -1 : 1;
        else if (const int each = infinite_sign(part)) sign *= each, infinite = true;
        else return 0;
    }
    return infinite ? sign : 0;
}

AHA_INLINE std::optional<bool> same_real_set(const expression& a, const expression& b, work_budget& budget) {
    std::vector<real> ends;
    if (!detail::collect_ends(a, ends, budget) || !detail::collect_ends(b, ends, budget)) return std::nullopt;
    if (ends.size() > 200) return std::nullopt;
    if (ends.empty() && a.is(form::named_set) && b.is(form::named_set)) return a.name == b.name;
    for (const real& x : detail::probes(std::move(ends))) {
        if (budget.exhausted()) return std::nullopt;
        if (detail::contains(a, x, budget) != detail::contains(b, x, budget)) return false;
    }
    return true;
}

AHA_INLINE std::optional<expression> set_of_relation(const expression& given) {
    const expression relation = detail::without_functions(given);
    const auto bound = [](const expression& one) { return !has_symbols(one); };
    const auto variable = [](const expression& one) { return one.is(form::symbol) || one.is(form::text); };
    const auto opens = [](char sign) { return sign == relation_sign::less || sign == relation_sign::greater; };
    const auto rises = [](char sign) { return sign == relation_sign::less || sign == relation_sign::at_most; };
    const auto falls = [](char sign) { return sign == relation_sign::greater || sign == relation_sign::at_least; };
    const auto interval = [](expression low, expression high, bool low_open, bool high_open) {
        const std::string brackets{low_open ? '(' : '[', high_open ? ')' : ']'};
        return made_of(form::interval, {std::move(low), std::move(high)}, brackets);
    };
    const expression infinity = named(form::constant, "infinity");
    if (relation.parts.size() == 3 && bound(relation.parts[0]) && variable(relation.parts[1]) &&
        bound(relation.parts[2])) {
        const char first = relation.name[0], second = relation.name[1];
        if (rises(first) && rises(second))
            return interval(relation.parts[0], relation.parts[2], opens(first), opens(second));
        if (falls(first) && falls(second))
            return interval(relation.parts[2], relation.parts[0], opens(second), opens(first));
    }
    if (relation.parts.size() != 2) return std::nullopt;
    const bool left = variable(relation.parts[0]) && bound(relation.parts[1]);
    if (!left && !(variable(relation.parts[1]) && bound(relation.parts[0]))) return std::nullopt;
    const expression& limit = left ? relation.parts[1] : relation.parts[0];
    const char sign = relation.name[0];
    if (sign == relation_sign::unequal)
        return made_of(form::difference, {named(form::named_set, "R"), made_of(form::set, {limit})});
    if (rises(sign) == left && (rises(sign) || falls(sign)))
        return interval(negated(infinity), limit, true, opens(sign));
    if (rises(sign) || falls(sign)) return interval(limit, infinity, opens(sign), true);
    return std::nullopt;
}

AHA_INLINE std::optional<bool> relation_says_set(const expression& given, const expression& set, work_budget& budget) {
    const expression relation = detail::without_functions(given);
    const std::set<std::string> names = symbols_of(relation);
    if (names.size() != 1) return std::nullopt;
    std::vector<real> ends;
    if (!detail::collect_ends(set, ends, budget) || ends.size() > 50) return std::nullopt;
    for (const expression& side : relation.parts)
        if (!has_symbols(side))
            if (const std::optional<detail::end_value> end = detail::end_of(side, budget); end && end->infinite == 0) {
                ends.push_back(end->value);
                ends.push_back(-end->value);
            }
    std::vector<real> all = detail::probes(ends);
    for (const real& end : ends)
        for (const real& by : {real{1e-4L}, real{0.03L}}) all.push_back(end - by), all.push_back(end + by);
    for (int i = -12; i <= 12; ++i) all.push_back(real{i} * real{1.37L} + real{0.011L});
    for (const long double distant : {-1e6L, -512.3L, -60.7L, 60.7L, 512.3L, 1e6L}) all.emplace_back(distant);
    bool any = false;
    for (const real& x : all) {
        const std::optional<bool> held = detail::holds(relation, *names.begin(), x, budget);
        if (budget.exhausted()) return std::nullopt;
        any = any || held;
        if (held.value_or(false) != detail::contains(set, x, budget)) return false;
    }
    return any ? std::optional{true} : std::nullopt;
}

AHA_INLINE bool is_interval_like(const expression& one, work_budget& budget) {
    if (one.is(form::interval)) return true;
    if (!one.is(form::tuple) || one.parts.size() != 2 || one.name != "()") return false;
    const std::optional<detail::end_value> low = detail::end_of(one.parts[0], budget);
    const std::optional<detail::end_value> high = detail::end_of(one.parts[1], budget);
    return !low || !high || *low < *high;
}

}  // namespace aha::math
