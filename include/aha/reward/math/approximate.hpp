#pragma once

#include <optional>
#include <string>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <aha/reward/math/expression.hpp>

namespace aha::math {

/// A real number with 50 decimal digits.
using real = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

/// A complex number with 50 digits, and how far it may be off by what its calculation rounded.
struct approximate {
    real re{}, im{};        ///< real and imaginary part
    long double noise = 0;  ///< an estimate of its absolute error

    bool is_real() const { return im == 0; }  ///< whether the imaginary part is 0
};

/// The size of a number as a floating-point one; it may be 0 or infinite.
long double size_of(const approximate& one);

/// A number without error.
approximate exactly(const real& re);
/// A fraction, rounded.
approximate approximately(const fraction& value);

/// The number without an imaginary part that is no more than its error.
approximate tidied(approximate one);

/// A sum.
approximate operator+(const approximate& a, const approximate& b);
/// A difference.
approximate operator-(const approximate& a, const approximate& b);
/// A product.
approximate operator*(const approximate& a, const approximate& b);
/// A quotient; nothing if the divisor is 0 within its error.
std::optional<approximate> divided(const approximate& a, const approximate& b);
/// A power, its principal value; nothing for 0 to a negative power.
std::optional<approximate> raised(const approximate& base, const approximate& exponent);
/// A function of one number by its name, "sin", "ln", "factorial"; nothing where it has no value or is none of those
/// known.
std::optional<approximate> function_at(const std::string& name, const approximate& x);

/// Whether two numbers are the same within their errors.
bool same_number(const approximate& a, const approximate& b);

/// pi, with 50 digits.
const real& pi_value();

}  // namespace aha::math

#ifndef AHA_COMPILED
#include <aha/reward/math/approximate.ipp>
#endif
