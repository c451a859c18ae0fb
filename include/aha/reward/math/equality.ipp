#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <aha/reward/math/equality.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/characters.hpp>
#include <aha/reward/math/evaluate.hpp>
#include <aha/reward/math/exact_value.hpp>
#include <aha/reward/math/plus_minus.hpp>
#include <aha/reward/math/real_sets.hpp>

namespace aha::math {

namespace detail {

/// Compares formulas.
class comparison {
public:
    comparison(const equality_options& options, work_budget& budget, bool keep_case)
        : options_{options}, budget_{budget}, keep_case_{keep_case} {}

    bool equal(const expression& gold, const expression& given);

private:
    static constexpr int deepest = 40;

    bool mv() const { return options_.as_math_verify; }
    bool is_assignment(const expression& one) const;
    expression shortened(const expression& one) const;
    bool unwrapped(const expression& gold, const expression& given);
    bool relation_and_set(const expression& relation, const expression& set);
    bool relations(const expression& a, const expression& b);
    bool relation_pair(const expression& a, char a_sign, const expression& a_next, const expression& b, char b_sign,
                       const expression& b_next);
    std::optional<int> ratio_sign(const expression& f, const expression& g);
    bool sets(const expression& gold, const expression& given);
    bool intervals(const expression& a, const expression& b);
    bool elements(const expression& gold, const expression& given);
    bool in_order(const std::vector<expression>& a, const std::vector<expression>& b);
    bool in_any_order(const std::vector<expression>& a, const std::vector<expression>& b);
    std::optional<bool> symbols(const expression& a, const expression& b) const;
    bool numbers(const expression& a, const expression& b);
    bool rounded(const expression& a, const expression& b);
    bool by_value(const expression& a, const expression& b);
    bool matrices(const expression& a, const expression& b);
    sample_point point(std::uint64_t seed) const { return {.seed = seed, .keep_case = keep_case_, .imaginary = !mv()}; }

    equality_options options_;
    work_budget& budget_;
    bool keep_case_;
    int depth_ = 0;
};

AHA_INLINE bool comparison::is_assignment(const expression& one) const {
    if (!is_equation(one)) return false;
    return only_symbols(one.parts.front()) || (!mv() && only_symbols(one.parts.back()));
}

/// Of an assignment what is assigned at last: x = 11 of x = 5 + 6 = 11; with the name first.
AHA_INLINE expression comparison::shortened(const expression& one) const {
    if (only_symbols(one.parts.front()) || mv())
        return made_of(form::relation, {one.parts.front(), one.parts.back()}, "=");
    return made_of(form::relation, {one.parts.back(), one.parts.front()}, "=");
}

AHA_INLINE bool comparison::equal(const expression& gold, const expression& given) {
    if (!budget_.spend(1) || depth_ > deepest) return false;
    ++depth_;
    const bool same = unwrapped(gold, given);
    --depth_;
    return same;
}

AHA_INLINE bool comparison::unwrapped(const expression& first, const expression& second) {
    const bool gold_assigns = is_assignment(first), given_assigns = is_assignment(second);
    const expression short_gold = gold_assigns ? shortened(first) : expression{};
    const expression short_given = given_assigns ? shortened(second) : expression{};
    const expression* gold = gold_assigns ? &short_gold : &first;
    const expression* given = given_assigns ? &short_given : &second;
    if (is_equation(*given) && !is_equation(*gold) && (mv() || given_assigns)) given = &given->parts.back();
    else if (gold_assigns && !is_equation(*given)) gold = &gold->parts.back();

    if (*gold == *given) return true;
    const bool gold_relates = gold->is(form::relation), given_relates = given->is(form::relation);
    if (gold_relates && given_relates) return relations(*gold, *given);
    if (gold_relates && is_collection(*given)) return relation_and_set(*gold, *given);
    if (given_relates && is_collection(*gold))
        return (!mv() || options_.allow_set_relation_comp) && relation_and_set(*given, *gold);
    if (gold_relates || given_relates) return false;
    if (is_collection(*gold) || is_collection(*given)) return sets(*gold, *given);
    if (has_matrix(*gold) || has_matrix(*given)) return matrices(*gold, *given);
    if (const std::optional<bool> same = symbols(*gold, *given)) return *same;
    return numbers(*gold, *given);
}

AHA_INLINE bool comparison::relation_and_set(const expression& relation, const expression& set) {
    if (const std::optional<expression> simple = set_of_relation(relation)) return sets(*simple, set);
    return relation_says_set(relation, set, budget_).value_or(false);
}

// Relations.

AHA_INLINE char flipped(char sign) {
    switch (sign) {
        case relation_sign::less: return relation_sign::greater;
        case relation_sign::greater: return relation_sign::less;
        case relation_sign::at_most: return relation_sign::at_least;
        case relation_sign::at_least: return relation_sign::at_most;
        default: return sign;
    }
}

AHA_INLINE bool comparison::relations(const expression& a, const expression& b) {
    if (a.parts.size() != b.parts.size()) return false;
    const std::size_t count = a.parts.size();
    const auto all = [&](bool backwards) {
        for (std::size_t i = 0; i + 1 < count; ++i) {
            const bool same =
                backwards ? relation_pair(a.parts[i], a.name[i], a.parts[i + 1], b.parts[count - 1 - i],
                                          flipped(b.name[count - 2 - i]), b.parts[count - 2 - i])
                          : relation_pair(a.parts[i], a.name[i], a.parts[i + 1], b.parts[i], b.name[i], b.parts[i + 1]);
            if (!same) return false;
        }
        return true;
    };
    return all(false) || (count > 2 && !mv() && all(true));
}

AHA_INLINE bool comparison::relation_pair(const expression& a, char a_sign, const expression& a_next,
                                          const expression& b, char b_sign, const expression& b_next) {
    if (a_sign != b_sign && a_sign != flipped(b_sign)) return false;
    const auto special = [](const expression& one) {
        return is_collection(one) || has_matrix(one) || infinite_sign(one) != 0;
    };
    if (special(a) || special(a_next) || special(b) || special(b_next)) {
        if (a_sign == b_sign && equal(a, b) && equal(a_next, b_next)) return true;
        return a_sign == flipped(b_sign) && equal(a, b_next) && equal(a_next, b);
    }
    const expression f = joined(form::sum, a, negated(a_next)), g = joined(form::sum, b, negated(b_next));
    const std::optional<int> sign = ratio_sign(f, g);
    if (!sign) return false;
    if (a_sign == flipped(a_sign)) {  // equations need no direction; Math-Verify fails to solve those of one variable
        return !mv() || symbols_of(f).size() != 1 || by_value(f, g) || by_value(f, negated(g));
    }
    if (mv() && !by_value(f, g) && !by_value(f, negated(g))) return false;
    return (*sign > 0) == (a_sign == b_sign);
}

/// The sign of the constant c with f = c g; nothing if there is none but 0.
AHA_INLINE std::optional<int> comparison::ratio_sign(const expression& f, const expression& g) {
    std::optional<approximate> ratio;
    int tried = 0;
    for (std::uint64_t seed = 0; seed < 8 && tried < 4; ++seed) {
        const std::optional<approximate> x = evaluate(f, point(seed), budget_), y = evaluate(g, point(seed), budget_);
        if (budget_.exhausted()) return std::nullopt;
        if (x.has_value() != y.has_value()) return std::nullopt;
        if (!x) continue;
        const bool no_x = same_number(*x, exactly(0)), no_y = same_number(*y, exactly(0));
        if (no_x != no_y) return std::nullopt;
        ++tried;
        if (no_x) continue;
        const std::optional<approximate> next = divided(*x, *y);
        if (!next || !tidied(*next).is_real()) return std::nullopt;
        if (ratio && !same_number(*ratio, *next)) return std::nullopt;
        if (!ratio) ratio = tidied(*next);
    }
    if (tried == 0) return std::nullopt;
    return !ratio || ratio->re > 0 ? 1 : -1;
}

// Sets.

AHA_INLINE std::vector<expression> without_repeats(const std::vector<expression>& all) {
    std::vector<expression> kept;
    for (const expression& one : all)
        if (std::find(kept.begin(), kept.end(), one) == kept.end()) kept.push_back(one);
    return kept;
}

AHA_INLINE bool comparison::intervals(const expression& a, const expression& b) {
    return a.name == b.name && equal(a.parts[0], b.parts[0]) && equal(a.parts[1], b.parts[1]);
}

AHA_INLINE bool comparison::sets(const expression& gold, const expression& given) {
    const auto collected = [&](const expression& one) {
        expression all = is_collection(one) ? one : made_of(form::set, {one});
        if (mv() && all.is(form::interval) && all.name == "()") all.kind = form::tuple;
        return all;
    };
    const expression a = collected(gold), b = collected(given);
    if (!mv() && ((gold.is(form::set) && !is_collection(given)) || (given.is(form::set) && !is_collection(gold))))
        return false;  // 5 is no set
    const auto finite = [](const expression& one) {
        return one.is(form::set) || one.is(form::list) || one.is(form::tuple);
    };
    const auto pair = [&](const expression& one) { return one.is(form::tuple) && one.name == "()"; };
    if (is_interval_like(a, budget_) && is_interval_like(b, budget_)) return intervals(a, b);
    if (finite(a) && finite(b)) {
        const bool a_interval = pair(a) && is_interval_like(a, budget_),
                   b_interval = pair(b) && is_interval_like(b, budget_);
        if (mv()) {
            if ((a_interval && b.parts.size() != 2) || (b_interval && a.parts.size() != 2)) return false;
            return elements(a, b);
        }
        if (a.is(form::tuple) != b.is(form::tuple) && (a.is(form::set) || b.is(form::set))) return false;
        return elements(a, b);
    }
    if (const std::optional<bool> same = same_real_set(a, b, budget_)) return *same;
    if (a.kind == b.kind && a.name == b.name && a.parts.size() == b.parts.size())
        return a.is(form::difference) ? in_order(a.parts, b.parts) : in_any_order(a.parts, b.parts);
    return false;
}

AHA_INLINE bool comparison::elements(const expression& gold, const expression& given) {
    const auto parts_of = [](const expression& one) {
        return one.is(form::tuple) ? one.parts : without_repeats(one.parts);
    };
    const std::vector<expression> a = parts_of(gold), b = parts_of(given);
    if (a.size() != b.size()) return false;
    const bool ordered = mv() ? gold.is(form::tuple) : gold.is(form::tuple) || given.is(form::tuple);
    return ordered ? in_order(a, b) : in_any_order(a, b);
}

AHA_INLINE bool comparison::in_order(const std::vector<expression>& a, const std::vector<expression>& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!equal(a[i], b[i])) return false;
    return true;
}

AHA_INLINE bool comparison::in_any_order(const std::vector<expression>& a, const std::vector<expression>& b) {
    std::vector<bool> taken(b.size(), false);
    for (const expression& one : a) {
        std::size_t found = b.size();
        for (std::size_t i = 0; i < b.size() && found == b.size(); ++i)
            if (!taken[i] && equal(one, b[i])) found = i;
        if (found == b.size()) return false;
        taken[found] = true;
    }
    return true;
}

// Symbols and numbers.

/// The letters of a symbol or of a product of symbols, in lower case.
AHA_INLINE std::optional<std::string> letters_of(const expression& one) {
    if (one.is(form::symbol) || one.is(form::text)) {
        std::string all;
        for (const char c : aha::detail::lower_case(one.name))
            if (c != ' ') all += c;
        return all;
    }
    if (one == named(form::constant, "e") || one == named(form::constant, "i")) return one.name;
    if (!one.is(form::product)) return std::nullopt;
    std::string all;
    for (const expression& part : one.parts) {
        const std::optional<std::string> letters = part.is(form::product) ? std::nullopt : letters_of(part);
        if (!letters) return std::nullopt;
        all += *letters;
    }
    return all;
}

AHA_INLINE std::optional<bool> comparison::symbols(const expression& a, const expression& b) const {
    const auto symbol = [](const expression& one) { return one.is(form::symbol) || one.is(form::text); };
    if (!symbol(a) && !symbol(b)) return std::nullopt;
    const std::optional<std::string> x = letters_of(a), y = letters_of(b);
    if (x && y) {
        if (keep_case_ && x->size() == 1 && y->size() == 1 && symbol(a) && symbol(b)) return a.name == b.name;
        if (keep_case_ && a.is(form::symbol) && b.is(form::symbol)) return a.name == b.name;
        return *x == *y;
    }
    if (mv() || a.is(form::text) || b.is(form::text)) return false;
    return std::nullopt;
}

/// Whether it is a number, or a number of percent.
AHA_INLINE bool is_atomic(const expression& one) {
    return one.is(form::number) || (one.is(form::percent) && one.parts.front().is(form::number));
}

AHA_INLINE const expression& without_percent(const expression& one) {
    return one.is(form::percent) ? one.parts.front() : one;
}

AHA_INLINE bool comparison::numbers(const expression& a, const expression& b) {
    const int a_infinite = infinite_sign(a), b_infinite = infinite_sign(b);
    if (a_infinite != 0 || b_infinite != 0) return a_infinite == b_infinite;
    if (a.is(form::number) && b.is(form::number) && a.name != b.name) return false;  // in another base
    if (is_atomic(a) && is_atomic(b)) {
        const expression& x = without_percent(a);
        const expression& y = without_percent(b);
        const bool whole_numbers = x.is_integer() && y.is_integer();
        if (whole_numbers && mv() && x.value == y.value) return true;
        // a percentage whose sign was left out is hardly below 1
        if (!mv() && a.is(form::percent) != b.is(form::percent) && abs(x.value) >= 1 &&
            (x.value == y.value || ((x.decimal || y.decimal) && rounded(x, y))))
            return true;
    }
    const auto has_point = [](const expression& one) { return is_atomic(one) && without_percent(one).decimal; };
    if ((has_point(a) || has_point(b)) && rounded(a, b)) return true;
    return by_value(a, b);
}

/// Whether two numbers, one of which has a decimal point, agree when both are rounded.
AHA_INLINE bool comparison::rounded(const expression& a, const expression& b) {
    if (a.is_integer() || b.is_integer()) return false;  // exactly or not at all
    if (has_symbols(a) || has_symbols(b)) return false;
    const std::optional<approximate> x = evaluate(a, point(0), budget_), y = evaluate(b, point(0), budget_);
    if (!x || !y || !x->is_real() || !y->is_real()) return false;
    real shift = pow(real{10}, options_.float_rounding);
    if (!mv()) {  // small numbers must agree in three digits
        const real size = std::max(real{abs(x->re)}, real{abs(y->re)});
        if (size == 0) return true;
        for (real at = size * shift; at < 100 && at > 0 && shift < real{1e45L}; at *= 10) shift *= 10;
    }
    return round(x->re * shift) == round(y->re * shift);
}

AHA_INLINE bool comparison::by_value(const expression& a, const expression& b) {
    if (!has_symbols(a) && !has_symbols(b)) {
        const std::optional<fraction> x = exact_value(a, budget_), y = x ? exact_value(b, budget_) : std::nullopt;
        if (x && y) {
            if (*x == *y || !mv() || is_atomic(a) || is_atomic(b)) return *x == *y;
            const fraction off = abs(*x - *y);  // Math-Verify rounds what is written as a calculation
            return off * fraction{pow(whole{10}, static_cast<unsigned>(options_.numeric_precision))} < 1;
        }
        const std::optional<approximate> p = evaluate(a, point(0), budget_), q = p ? evaluate(b, point(0), budget_) : p;
        if (!p || !q || budget_.exhausted()) return false;
        if (same_number(*p, *q)) return true;
        if (!mv() || is_atomic(a) || is_atomic(b)) return false;
        return size_of(*p - *q) < std::pow(10.0L, -options_.numeric_precision);
    }
    int tried = 0;
    for (std::uint64_t seed = 0; seed < 10 && tried < 4; ++seed) {
        const std::optional<approximate> x = evaluate(a, point(seed), budget_), y = evaluate(b, point(seed), budget_);
        if (budget_.exhausted() || x.has_value() != y.has_value()) return false;
        if (!x) continue;
        if (!same_number(*x, *y)) return false;
        ++tried;
    }
    return tried > 0;
}

AHA_INLINE bool comparison::matrices(const expression& a, const expression& b) {
    if (a.is(form::matrix) && b.is(form::matrix)) {
        if (a.parts.size() != b.parts.size()) return false;
        for (std::size_t i = 0; i < a.parts.size(); ++i)
            if (a.parts[i].parts.size() != b.parts[i].parts.size() || !in_order(a.parts[i].parts, b.parts[i].parts))
                return false;
        return true;
    }
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
        const std::optional<matrix_value> x = evaluate_matrix(a, point(seed), budget_),
                                          y = evaluate_matrix(b, point(seed), budget_);
        if (!x || !y || x->size() != y->size()) return false;
        for (std::size_t i = 0; i < x->size(); ++i) {
            if ((*x)[i].size() != (*y)[i].size()) return false;
            for (std::size_t j = 0; j < (*x)[i].size(); ++j)
                if (!same_number((*x)[i][j], (*y)[i][j])) return false;
        }
    }
    return true;
}

AHA_INLINE void rename_symbols(expression& one, const std::vector<std::pair<std::string, std::string>>& names) {
    if (one.is(form::symbol))
        for (const auto& [from, to] : names)
            if (one.name == from) {
                one.name = to;
                break;
            }
    for (expression& part : one.parts) rename_symbols(part, names);
}

}  // namespace detail

AHA_INLINE bool same_value(const expression& gold, const expression& given, const equality_options& options,
                           work_budget& budget) {
    options.validate();
    const std::set<std::string> gold_names = symbols_of(gold), given_names = symbols_of(given);
    detail::comparison compared{options, budget, !options.as_math_verify};
    if (options.strict || gold_names.size() != given_names.size()) return compared.equal(gold, given);
    std::vector<std::pair<std::string, std::string>> names;
    names.reserve(given_names.size());
    auto to = gold_names.begin();
    for (const std::string& from : given_names) names.emplace_back(from, *to++);
    expression renamed = given;
    detail::rename_symbols(renamed, names);
    return compared.equal(gold, renamed);
}

}  // namespace aha::math
