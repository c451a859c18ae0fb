#include <aha/kernels/fast_exp.hpp>

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace {

/// How far `fast_exp(x)` is from exp(x), in units of the last place of the right float.
double units_off(float x) {
    const double right = std::exp(static_cast<double>(x));
    const double unit = std::ldexp(1.0, std::ilogb(right) - 23);
    return std::abs(static_cast<double>(aha::fast_exp(x)) - right) / unit;
}

TEST(fast_exp, is_within_two_units_in_the_last_place_everywhere) {
    double worst = 0;
    float at = 0;
    const auto check = [&](float x) {
        if (const double off = units_off(x); off > worst) worst = off, at = x;
    };
    for (int i = -8730000; i <= 8830000; i += 7) check(static_cast<float>(i) * 1e-5F);
    for (float x = 1e-30F; x < 1; x *= 1.07F) check(x), check(-x);
    for (int n = -125; n <= 127; ++n)  // where the exponent changes
        for (const float off : {-0.5F, 0.0F, 0.5F}) {
            const auto edge = static_cast<float>((static_cast<double>(n) + off) * std::log(2.0));
            if (edge < -87.3F || edge > 88.3F) continue;
            check(edge);
            check(std::nextafter(edge, -100.0F));
            check(std::nextafter(edge, 100.0F));
        }
    EXPECT_LE(worst, 2) << "at " << at;
    EXPECT_GT(worst, 0.01);  // or else nothing was measured
}

TEST(fast_exp, is_exact_at_zero_and_held_at_its_ends) {
    EXPECT_EQ(aha::fast_exp(0), 1);
    EXPECT_EQ(aha::fast_exp(-0.0F), 1);
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (const float x : {-88.0F, -1000.0F, -1e30F, -infinity}) {
        EXPECT_EQ(aha::fast_exp(x), aha::fast_exp(-87.3F));
        EXPECT_NEAR(aha::fast_exp(x) / 1.2e-38, 1, 0.05);
    }
    for (const float x : {88.5F, 1000.0F, 1e30F, infinity}) EXPECT_EQ(aha::fast_exp(x), aha::fast_exp(88.3F));
    EXPECT_TRUE(std::isfinite(aha::fast_exp(infinity)));
    EXPECT_TRUE(std::isnan(aha::fast_exp(std::numeric_limits<float>::quiet_NaN())));
}

}  // namespace
