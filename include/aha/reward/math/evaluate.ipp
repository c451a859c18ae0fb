#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include <aha/reward/math/evaluate.hpp>
#include <aha/core/inline.hpp>
#include <aha/reward/characters.hpp>
#include <aha/reward/math/exact_value.hpp>

namespace aha::math {

namespace detail {

inline std::uint64_t hash_text(std::uint64_t hash, std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

/// splitmix64's last steps.
inline std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/// A number between 0.2 and 1.9 or, with `signs`, its negative.
inline approximate drawn(std::uint64_t hash, bool signs) {
    const std::uint64_t bits = mixed(hash);
    real value = real{static_cast<std::int64_t>(bits >> 24)} / real{std::int64_t{1} << 40} * real{1.7L} + real{0.2L};
    if (signs && (bits & 1) != 0) value = -value;
    return {.re = std::move(value), .noise = 1e-48L};
}

/// A hash of a value that does not see its last digits.
AHA_INLINE std::uint64_t hash_value(std::uint64_t hash, const approximate& one) {
    const auto part = [](const real& x) {
        return abs(x) < real{1e-28L} ? std::string{"0"} : x.str(25, std::ios_base::scientific);
    };
    return hash_text(hash_text(hash, part(one.re)), part(one.im));
}

inline constexpr std::int64_t function_cost = 60;

/// A value that depends on the name of something and the values of its parts alone.
AHA_INLINE std::optional<approximate> opaque(const expression& one, const sample_point& point, work_budget& budget) {
    std::uint64_t hash = hash_text(0xcbf29ce484222325ULL + point.seed, one.name);
    for (const expression& part : one.parts) {
        if (part == named(form::constant, "infinity") || part == negated(named(form::constant, "infinity"))) {
            hash = hash_text(hash, part.parts.empty() ? "infinity" : "-infinity");
            continue;
        }
        const std::optional<approximate> value = evaluate(part, point, budget);
        if (!value) return std::nullopt;
        hash = hash_value(hash, *value);
    }
    return drawn(hash, true);
}

AHA_INLINE std::optional<approximate> evaluate_repeated(const expression& one, const sample_point& point,
                                                        work_budget& budget) {
    sample_point inner = point;
    inner.given.emplace_back(one.parts[0].name, approximate{});
    const auto evaluate_body = [&](const approximate& at) {
        inner.given.back().second = at;
        return evaluate(one.parts[1], inner, budget);
    };
    if (one.name == "sum" || one.name == "product") {
        const std::optional<fraction> low = exact_value(one.parts[2], budget);
        const std::optional<fraction> high = low ? exact_value(one.parts[3], budget) : std::nullopt;
        if (high && denominator(*low) == 1 && denominator(*high) == 1) {
            if (*high - *low > 2000) return std::nullopt;
            approximate all = exactly(one.name == "sum" ? 0 : 1);
            for (fraction at = *low; at <= *high; at += 1) {
                const std::optional<approximate> next = evaluate_body(approximately(at));
                if (!next) return std::nullopt;
                all = one.name == "sum" ? all + *next : all * *next;
            }
            return all;
        }
    }
    std::uint64_t hash = hash_text(0xcbf29ce484222325ULL + point.seed, one.name);
    for (const std::uint64_t draw : {11U, 12U}) {
        const std::optional<approximate> body = evaluate_body(drawn(draw + point.seed, false));
        if (!body) return std::nullopt;
        hash = hash_value(hash, *body);
    }
    expression ends = made_of(form::apply, {one.parts[2], one.parts[3]}, one.name);
    const std::optional<approximate> from_ends = opaque(ends, point, budget);
    if (!from_ends) return std::nullopt;
    return drawn(hash_value(hash, *from_ends), true);
}

AHA_INLINE std::optional<approximate> evaluate_power(const expression& one, const sample_point& point,
                                                     work_budget& budget) {
    std::optional<approximate> base = evaluate(one.parts[0], point, budget);
    if (!base) return std::nullopt;
    std::optional<approximate> exponent;
    bool simple = false;
    if (one.parts[1].is(form::number)) {
        simple = denominator(one.parts[1].value) <= 2 && abs(numerator(one.parts[1].value)) < 64;
        exponent = approximately(one.parts[1].value);
    } else {
        work_budget few{200};
        const std::optional<fraction> exact = exact_value(one.parts[1], few);
        exponent = exact ? approximately(*exact) : evaluate(one.parts[1], point, budget);
    }
    if (!exponent || !budget.spend(simple ? 10 : 3 * function_cost)) return std::nullopt;
    if (one.parts[0] == named(form::constant, "e")) {
        const real& size = exponent->re;
        if (abs(size) > 100000) return std::nullopt;
        if (exponent->is_real())
            return approximate{.re = exp(size), .noise = 1e-47L * static_cast<long double>(exp(size))};
    }
    std::optional<approximate> result = raised(tidied(*base), *exponent);
    return result ? std::optional{tidied(*result)} : std::nullopt;
}

AHA_INLINE std::optional<approximate> determinant(matrix_value rows) {
    approximate all = exactly(1);
    for (std::size_t column = 0; column < rows.size(); ++column) {
        std::size_t pivot = column;
        for (std::size_t row = column; row < rows.size(); ++row)
            if (size_of(rows[row][column]) > size_of(rows[pivot][column])) pivot = row;
        if (size_of(rows[pivot][column]) <= 10 * rows[pivot][column].noise) return exactly(0);
        if (pivot != column) std::swap(rows[pivot], rows[column]), all = all * exactly(-1);
        all = all * rows[column][column];
        for (std::size_t row = column + 1; row < rows.size(); ++row) {
            const std::optional<approximate> by = divided(rows[row][column], rows[column][column]);
            if (!by) return std::nullopt;
            for (std::size_t i = column; i < rows.size(); ++i) rows[row][i] = rows[row][i] - *by * rows[column][i];
        }
    }
    return all;
}

AHA_INLINE std::optional<approximate> evaluate_function(const expression& one, const sample_point& point,
                                                        work_budget& budget) {
    if (one.name == "det" || one.name == "tr") {
        const std::optional<matrix_value> inside = evaluate_matrix(one.parts.front(), point, budget);
        if (!inside || inside->empty() || inside->size() != inside->front().size()) return std::nullopt;
        if (one.name == "det") return determinant(*inside);
        approximate trace = exactly(0);
        for (std::size_t i = 0; i < inside->size(); ++i) trace = trace + (*inside)[i][i];
        return trace;
    }
    work_budget few{2000};
    if (!has_symbols(one))
        if (const std::optional<fraction> exact = exact_value(one, few)) return approximately(*exact);
    if (one.name.starts_with("function ") || one.name == "rank" || one.name == "arg") return opaque(one, point, budget);
    std::vector<approximate> given;
    for (const expression& part : one.parts) {
        std::optional<approximate> value = evaluate(part, point, budget);
        if (!value) return std::nullopt;
        given.push_back(tidied(*value));
    }
    if (!budget.spend(function_cost)) return std::nullopt;
    if (one.name == "log" && given.size() == 2) {
        const std::optional<approximate> a = function_at("ln", given[0]), b = function_at("ln", given[1]);
        return a && b ? divided(*a, *b) : std::nullopt;
    }
    if (one.name == "max" || one.name == "min") {
        std::size_t best = 0;
        for (std::size_t i = 1; i < given.size(); ++i)
            if (one.name == "max" ? given[i].re > given[best].re : given[i].re < given[best].re) best = i;
        return given[best];
    }
    if (one.name == "mod" && given.size() == 2) {
        const std::optional<approximate> ratio = divided(given[0], given[1]);
        const std::optional<approximate> down = ratio ? function_at("floor", *ratio) : std::nullopt;
        return down ? std::optional{given[0] - given[1] * *down} : std::nullopt;
    }
    if (one.name == "binomial" && given.size() == 2) {
        if (!budget.spend(9 * function_cost)) return std::nullopt;
        const std::optional<approximate> over = function_at("factorial", given[0]),
                                         left = function_at("factorial", given[1]),
                                         right = function_at("factorial", given[0] - given[1]);
        return over && left && right ? divided(*over, *left * *right) : std::nullopt;
    }
    if (given.size() != 1) return opaque(one, point, budget);
    if (one.name == "factorial" || one.name == "gamma") {
        if (!budget.spend(5 * function_cost)) return std::nullopt;
    }
    const std::optional<approximate> value = function_at(one.name, given.front());
    return value ? std::optional{tidied(*value)} : std::nullopt;
}

}  // namespace detail

AHA_INLINE approximate sample_point::value_of(const std::string& symbol) const {
    const std::string folded = keep_case ? symbol : aha::detail::lower_case(symbol);
    return detail::drawn(detail::hash_text(0x9e3779b97f4a7c15ULL * (seed + 1), folded), seed != 0);
}

AHA_INLINE std::optional<approximate> evaluate(const expression& one, const sample_point& point, work_budget& budget) {
    if (!budget.spend(2)) return std::nullopt;
    switch (one.kind) {
        case form::number: return approximately(one.value);
        case form::percent: {
            const std::optional<approximate> inside = evaluate(one.parts.front(), point, budget);
            return inside ? std::optional{*inside * approximately(fraction{1, 100})} : std::nullopt;
        }
        case form::text: return point.value_of(one.name);
        case form::symbol:
            for (auto each = point.given.rbegin(); each != point.given.rend(); ++each)
                if (each->first == one.name) return each->second;
            return point.value_of(one.name);
        case form::constant:
            if (one.name == "i") {
                for (auto each = point.given.rbegin(); each != point.given.rend(); ++each)
                    if (each->first == one.name) return each->second;
                return approximate{.re = 0, .im = 1};
            }
            if (one.name == "pi") return approximate{.re = pi_value(), .noise = 1e-48L};
            if (one.name == "e") {
                static const real e{
                    "2.71828182845904523536028747135266249775724709369995957496696762772407663035354759"};
                return approximate{.re = e, .noise = 1e-48L};
            }
            if (one.name == "gamma") {
                static const real gamma{"0.57721566490153286060651209008240243104215933593992359880576723488486772678"};
                return approximate{.re = gamma, .noise = 1e-48L};
            }
            return std::nullopt;
        case form::sum:
        case form::product: {
            approximate all = exactly(one.is(form::sum) ? 0 : 1);
            for (const expression& part : one.parts) {
                const std::optional<approximate> next = evaluate(part, point, budget);
                if (!next) return std::nullopt;
                all = one.is(form::sum) ? all + *next : all * *next;
            }
            return tidied(all);
        }
        case form::power: return detail::evaluate_power(one, point, budget);
        case form::apply: return detail::evaluate_function(one, point, budget);
        case form::repeated: return detail::evaluate_repeated(one, point, budget);
        default: return std::nullopt;
    }
}

AHA_INLINE std::optional<matrix_value> evaluate_matrix(const expression& one, const sample_point& point,
                                                       work_budget& budget) {
    if (!budget.spend(2)) return std::nullopt;
    if (one.is(form::matrix)) {
        matrix_value rows;
        for (const expression& row : one.parts) {
            rows.emplace_back();
            for (const expression& element : row.parts) {
                const std::optional<approximate> value = evaluate(element, point, budget);
                if (!value) return std::nullopt;
                rows.back().push_back(*value);
            }
        }
        return rows;
    }
    if (one.is(form::apply) && one.name == "transpose") {
        const std::optional<matrix_value> inside = evaluate_matrix(one.parts.front(), point, budget);
        if (!inside) return std::nullopt;
        matrix_value turned(inside->front().size());
        for (const std::vector<approximate>& row : *inside)
            for (std::size_t i = 0; i < row.size(); ++i) turned[i].push_back(row[i]);
        return turned;
    }
    if (!one.is(form::sum) && !one.is(form::product)) return std::nullopt;
    std::optional<matrix_value> all;
    approximate factor = exactly(1);
    for (const expression& part : one.parts) {
        if (!has_matrix(part)) {
            const std::optional<approximate> value = evaluate(part, point, budget);
            if (!value || one.is(form::sum)) return std::nullopt;
            factor = factor * *value;
            continue;
        }
        std::optional<matrix_value> next = evaluate_matrix(part, point, budget);
        if (!next) return std::nullopt;
        if (!all) {
            all = std::move(next);
            continue;
        }
        const std::size_t rows = all->size(), columns = next->front().size(), inner = next->size();
        if (!budget.spend(static_cast<std::int64_t>(rows * columns * inner))) return std::nullopt;
        if (one.is(form::sum)) {
            if (rows != inner || all->front().size() != columns) return std::nullopt;
            for (std::size_t i = 0; i < rows; ++i)
                for (std::size_t j = 0; j < columns; ++j) (*all)[i][j] = (*all)[i][j] + (*next)[i][j];
            continue;
        }
        if (all->front().size() != inner) return std::nullopt;
        matrix_value product(rows, std::vector<approximate>(columns));
        for (std::size_t i = 0; i < rows; ++i)
            for (std::size_t j = 0; j < columns; ++j)
                for (std::size_t k = 0; k < inner; ++k) product[i][j] = product[i][j] + (*all)[i][k] * (*next)[k][j];
        all = std::move(product);
    }
    if (all)
        for (std::vector<approximate>& row : *all)
            for (approximate& element : row) element = element * factor;
    return all;
}

AHA_INLINE bool has_symbols(const expression& one) {
    if (one.is(form::symbol) || one.is(form::text)) return true;
    if (one.is(form::apply) && one.name.starts_with("function ")) return true;
    return std::any_of(one.parts.begin(), one.parts.end(), [](const expression& part) { return has_symbols(part); });
}

AHA_INLINE bool has_matrix(const expression& one) {
    if (one.is(form::matrix)) return true;
    if (one.is(form::apply) && one.name != "transpose") return false;
    return std::any_of(one.parts.begin(), one.parts.end(), [](const expression& part) { return has_matrix(part); });
}

}  // namespace aha::math
