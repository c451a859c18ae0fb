#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include <aha/reward/math/approximate.hpp>
#include <aha/core/inline.hpp>

namespace aha::math {

namespace detail {

inline constexpr long double unit_noise = 1e-48L;

inline approximate real_number(real value, long double noise) {
    approximate one{.re = std::move(value)};
    one.noise = noise + unit_noise * std::abs(static_cast<long double>(one.re));
    return one;
}

inline approximate times_i(const approximate& one) { return {.re = -one.im, .im = one.re, .noise = one.noise}; }

inline approximate scaled(const approximate& one, long double by) {
    return {.re = one.re * real{by}, .im = one.im * real{by}, .noise = one.noise * std::abs(by)};
}

AHA_INLINE approximate exp_of(const approximate& x) {
    if (x.re > 100000 || x.re < -100000) return {.noise = std::numeric_limits<long double>::infinity()};
    const real grown = exp(x.re);
    const long double size = std::abs(static_cast<long double>(grown));
    if (x.is_real()) return real_number(grown, size * x.noise);
    return {.re = grown * cos(x.im), .im = grown * sin(x.im), .noise = size * (x.noise + 4 * unit_noise)};
}

AHA_INLINE std::optional<approximate> log_of(const approximate& x) {
    const long double size = size_of(x);
    if (size <= x.noise || size == 0) return std::nullopt;
    const long double noise = x.noise / size + 4 * unit_noise;
    if (x.is_real() && x.re > 0) return real_number(log(x.re), noise);
    const real angle = x.is_real() ? pi_value() : atan2(x.im, x.re);
    return approximate{.re = log(x.re * x.re + x.im * x.im) / 2, .im = angle, .noise = noise};
}

AHA_INLINE std::optional<approximate> root_of(const approximate& x) {
    const long double size = size_of(x);
    if (x.is_real()) {
        const real root = sqrt(abs(x.re));
        const long double root_size = static_cast<long double>(root);
        const long double noise = size <= x.noise ? std::sqrt(x.noise) : x.noise / (2 * root_size);
        approximate one = real_number(root, noise);
        if (x.re < 0) std::swap(one.re, one.im);
        return one;
    }
    const std::optional<approximate> ln = log_of(x);
    if (!ln) return std::nullopt;
    return exp_of(scaled(*ln, 0.5L));
}

/// ln(gamma(x)) for x above 0, by Stirling's series above 40.
AHA_INLINE real log_gamma(real x) {
    // B(2k) / (2k (2k - 1)), over and under
    static const std::pair<long long, long long> series[] = {
        {1, 12},
        {-1, 360},
        {1, 1260},
        {-1, 1680},
        {1, 1188},
        {-691, 360360},
        {1, 156},
        {-3617, 122400},
        {43867, 244188},
        {-174611, 125400},
        {77683, 5796},
        {-236364091, 1506960},
        {657931, 300},
        {-3392780147LL, 93960},
        {1723168255201LL, 2492028},
    };
    real product = 1;
    for (; x < 60; x += 1) product *= x;
    const real square = 1 / (x * x);
    real sum = 0, power = 1 / x;
    for (const auto& [over, under] : series) {
        sum += power * real{over} / real{under};
        power *= square;
    }
    return (x - real{0.5}) * log(x) - x + log(2 * pi_value()) / 2 + sum - log(product);
}

AHA_INLINE std::optional<approximate> gamma_of(const approximate& x) {
    if (!x.is_real() || x.re > 3000 || x.re < -300) return std::nullopt;
    if (x.re <= 0) {
        const real nearest = round(x.re);
        if (abs(x.re - nearest) < real{1e-20L}) return std::nullopt;
        const std::optional<approximate> mirrored = gamma_of({.re = 1 - x.re, .noise = x.noise});
        if (!mirrored) return std::nullopt;
        return divided(real_number(pi_value(), 0), real_number(sin(pi_value() * x.re), x.noise * 4) * *mirrored);
    }
    approximate one = exp_of({.re = log_gamma(x.re), .noise = 1e-46L + x.noise * 10});
    return one;
}

/// sin and cos from the exponential, for numbers that are not real.
AHA_INLINE std::optional<approximate> circular(const std::string& name, const approximate& x) {
    const approximate up = exp_of(times_i(x)), down = exp_of(scaled(times_i(x), -1));
    if (name == "cos") return scaled(up + down, 0.5L);
    return scaled(times_i(up - down), -0.5L);
}

AHA_INLINE std::optional<approximate> trigonometric(const std::string& name, const approximate& x) {
    if (name == "sin" || name == "cos") {
        if (!x.is_real()) return circular(name, x);
        if (abs(x.re) > 1000000) return std::nullopt;
        return real_number(name == "sin" ? sin(x.re) : cos(x.re), x.noise + unit_noise);
    }
    const std::optional<approximate> sine = trigonometric("sin", x), cosine = trigonometric("cos", x);
    if (!sine || !cosine) return std::nullopt;
    if (name == "tan") return divided(*sine, *cosine);
    if (name == "cot") return divided(*cosine, *sine);
    if (name == "sec") return divided(exactly(1), *cosine);
    return divided(exactly(1), *sine);
}

AHA_INLINE std::optional<approximate> hyperbolic(const std::string& name, const approximate& x) {
    const approximate up = exp_of(x), down = exp_of(scaled(x, -1));
    if (name == "sinh") return scaled(up - down, 0.5L);
    if (name == "cosh") return scaled(up + down, 0.5L);
    return name == "tanh" ? divided(up - down, up + down) : divided(up + down, up - down);
}

AHA_INLINE std::optional<approximate> inverse_trigonometric(const std::string& name, const approximate& x) {
    if (name == "asec" || name == "acsc" || name == "acot") {
        const std::optional<approximate> turned = divided(exactly(1), x);
        if (!turned) return std::nullopt;
        return inverse_trigonometric(name == "asec" ? "acos" : name == "acsc" ? "asin" : "atan", *turned);
    }
    if (name == "atan") {
        if (x.is_real()) return real_number(atan(x.re), x.noise + unit_noise);
        const std::optional<approximate> a = log_of(exactly(1) - times_i(x)), b = log_of(exactly(1) + times_i(x));
        if (!a || !b) return std::nullopt;
        return scaled(times_i(*a - *b), 0.5L);
    }
    if (x.is_real() && abs(x.re) <= 1) {
        const long double slope =
            1 / std::sqrt(std::max(1e-30L, 1 - static_cast<long double>(x.re) * static_cast<long double>(x.re)));
        return real_number(name == "asin" ? asin(x.re) : acos(x.re), x.noise * slope + unit_noise);
    }
    const std::optional<approximate> root = root_of(exactly(1) - x * x);
    const std::optional<approximate> ln = root ? log_of(times_i(x) + *root) : std::nullopt;
    if (!ln) return std::nullopt;
    const approximate sine = scaled(times_i(*ln), -1);
    if (name == "asin") return sine;
    return real_number(pi_value() / 2, 0) - sine;
}

AHA_INLINE std::optional<approximate> inverse_hyperbolic(const std::string& name, const approximate& x) {
    if (name == "atanh") {
        const std::optional<approximate> inside = divided(exactly(1) + x, exactly(1) - x);
        const std::optional<approximate> ln = inside ? log_of(*inside) : std::nullopt;
        return ln ? std::optional{scaled(*ln, 0.5L)} : std::nullopt;
    }
    const std::optional<approximate> root = root_of(name == "asinh" ? x * x + exactly(1) : x * x - exactly(1));
    return root ? log_of(x + *root) : std::nullopt;
}

}  // namespace detail

AHA_INLINE const real& pi_value() {
    static const real pi{"3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803"};
    return pi;
}

AHA_INLINE long double size_of(const approximate& one) {
    const long double a = std::abs(static_cast<long double>(one.re));
    return one.is_real() ? a : std::hypot(a, static_cast<long double>(one.im));
}

AHA_INLINE approximate exactly(const real& re) { return {.re = re}; }

AHA_INLINE approximate approximately(const fraction& value) {
    if (denominator(value) == 1) return detail::real_number(real{numerator(value)}, 0);
    return detail::real_number(real{numerator(value)} / real{denominator(value)}, 0);
}

AHA_INLINE approximate tidied(approximate one) {
    if (!one.is_real() && std::abs(static_cast<long double>(one.im)) <= 100 * one.noise) one.im = 0;
    return one;
}

AHA_INLINE approximate operator+(const approximate& a, const approximate& b) {
    approximate sum{.re = a.re + b.re, .noise = a.noise + b.noise};
    if (!a.is_real() || !b.is_real()) sum.im = a.im + b.im;
    sum.noise += detail::unit_noise * size_of(sum);
    return sum;
}

AHA_INLINE approximate operator-(const approximate& a, const approximate& b) { return a + detail::scaled(b, -1); }

AHA_INLINE approximate operator*(const approximate& a, const approximate& b) {
    approximate product{.re = a.re * b.re};
    if (!a.is_real() || !b.is_real()) {
        product.re -= a.im * b.im;
        product.im = a.re * b.im + a.im * b.re;
    }
    const long double x = size_of(a), y = size_of(b);
    product.noise = x * b.noise + y * a.noise + detail::unit_noise * x * y;
    return product;
}

AHA_INLINE std::optional<approximate> divided(const approximate& a, const approximate& b) {
    const long double size = size_of(b);
    const bool beyond = !std::isfinite(size) || (size == 0 && b.re != 0);  // of what a long double holds
    if (beyond && b.is_real()) return a * approximate{.re = 1 / b.re};
    if (!(size > b.noise * 10) || size == 0) return std::nullopt;
    const real square = b.re * b.re + b.im * b.im;
    approximate inverse{.re = b.is_real() ? real{1 / b.re} : real{b.re / square}};
    if (!b.is_real()) inverse.im = -b.im / square;
    inverse.noise = b.noise / size / size + detail::unit_noise / size;
    return a * inverse;
}

AHA_INLINE std::optional<approximate> raised(const approximate& base, const approximate& exponent) {
    if (exponent.is_real() && abs(exponent.re) <= 4096 && exponent.re == floor(exponent.re)) {
        auto n = static_cast<long>(exponent.re);
        const bool inverse = n < 0;
        approximate all = exactly(1), square = base;
        for (n = inverse ? -n : n; n > 0; n /= 2) {
            if (n % 2 == 1) all = all * square;
            if (n > 1) square = square * square;
        }
        return inverse ? divided(exactly(1), all) : all;
    }
    if (exponent.is_real() && exponent.re == real{0.5}) return detail::root_of(base);
    if (size_of(base) <= base.noise || (base.re == 0 && base.im == 0)) {
        if (exponent.is_real() && exponent.re > 0) return approximate{.noise = std::sqrt(base.noise)};
        return std::nullopt;
    }
    const std::optional<approximate> ln = detail::log_of(base);
    if (!ln) return std::nullopt;
    approximate result = detail::exp_of(*ln * exponent);
    return std::isfinite(result.noise) ? std::optional{result} : std::nullopt;
}

AHA_INLINE std::optional<approximate> function_at(const std::string& name, const approximate& x) {
    if (name == "sin" || name == "cos" || name == "tan" || name == "cot" || name == "sec" || name == "csc")
        return detail::trigonometric(name, x);
    if (name == "ln") return detail::log_of(x);
    if (name == "abs" || name == "norm") {
        if (x.is_real()) return approximate{.re = abs(x.re), .noise = x.noise};
        return detail::root_of(approximate{.re = x.re * x.re + x.im * x.im, .noise = x.noise * size_of(x) * 2});
    }
    if (name == "floor" || name == "ceil") {
        if (!x.is_real()) return std::nullopt;
        const real nearest = round(x.re);
        if (abs(static_cast<long double>(real{x.re - nearest})) <= 100 * x.noise) return exactly(nearest);
        return exactly(name == "floor" ? floor(x.re) : ceil(x.re));
    }
    if (name == "factorial") return detail::gamma_of(x + exactly(1));
    if (name == "gamma") return detail::gamma_of(x);
    if (name == "degrees") return x * exactly(pi_value() / 180);
    if (name == "sinh" || name == "cosh" || name == "tanh" || name == "coth") return detail::hyperbolic(name, x);
    if (name == "asinh" || name == "acosh" || name == "atanh") return detail::inverse_hyperbolic(name, x);
    if (name == "asin" || name == "acos" || name == "atan" || name == "asec" || name == "acsc" || name == "acot")
        return detail::inverse_trigonometric(name, x);
    return std::nullopt;
}

AHA_INLINE bool same_number(const approximate& a, const approximate& b) {
    const approximate difference = a - b;
    const long double size = size_of(difference), noise = a.noise + b.noise;
    const bool lost = size == 0 && (difference.re != 0 || difference.im != 0);
    if (lost || !std::isfinite(size) || !std::isfinite(noise)) {  // beyond what a long double holds
        const real scale = abs(a.re) + abs(a.im) + abs(b.re) + abs(b.im);
        return abs(difference.re) + abs(difference.im) <= scale * real{1e-30L};
    }
    return size <= 1000 * noise;
}

}  // namespace aha::math
