#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>
#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>

#include <aha/core/error.hpp>

namespace aha::testing {

/// How far a computed number may be from the right one: `absolute + relative * |right|`.
struct tolerance {
    double absolute = 0;  ///< in units of the number
    double relative = 0;  ///< in shares of the right number

    /// What one product and sum over a few hundred terms costs in `type`: about a hundred units in the last place.
    static tolerance of(c10::ScalarType type) {
        switch (type) {
            case c10::kDouble: return {1e-12, 1e-12};
            case c10::kFloat: return {1e-5, 1e-5};
            case c10::kBFloat16: return {3e-2, 3e-2};
            default: break;
        }
        fail("no tolerance is known for ", c10::toString(type));
    }

    /// Whether `actual` is near enough to `expected`; never for NaN.
    bool holds(double actual, double expected) const {
        if (!std::isfinite(expected)) return actual == expected;
        return std::abs(actual - expected) <= absolute + relative * std::abs(expected);
    }

    /// Says where `actual` is furthest out of tolerance from `expected`; empty if it is within everywhere.
    /// @param actual, expected tensors of the same shape and any types
    std::string excess(const at::Tensor& actual, const at::Tensor& expected) const {
        std::ostringstream sentence;
        if (actual.sizes() != expected.sizes()) {
            sentence << "shape " << actual.sizes() << " instead of " << expected.sizes();
            return sentence.str();
        }
        const at::Tensor a = flat(actual), b = flat(expected);
        double worst = -1;
        for (std::int64_t i = 0; i < a.numel(); ++i) {
            const double x = a.const_data_ptr<double>()[i], y = b.const_data_ptr<double>()[i];
            const double off = std::isfinite(x - y) ? std::abs(x - y) - relative * std::abs(y) : HUGE_VAL;
            if (holds(x, y) || off <= worst) continue;
            worst = off;
            sentence.str({});
            sentence << "entry " << i << " is " << x << " instead of " << y << " (off by " << x - y << ")";
        }
        return sentence.str();
    }

private:
    static at::Tensor flat(const at::Tensor& x) { return x.detach().to(at::kCPU, at::kDouble).contiguous().view(-1); }
};

}  // namespace aha::testing
