#include <aha/kernels/log_sum.hpp>

#include <c10/util/BFloat16.h>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

#include <aha/core/random.hpp>

namespace {

template <class Value>
std::vector<Value> logits(std::size_t n, double deviation, double mean = 0) {
    const aha::random_stream random{{8, n, 0, 0}};
    std::vector<Value> x;
    for (std::size_t i = 0; i < n; ++i)
        x.push_back(static_cast<Value>(static_cast<float>(mean + deviation * random.normal(i))));
    return x;
}

template <class Value>
void check(const std::vector<Value>& x, double inverse_temperature) {
    double top = -1e300, total = 0, entropy = 0;
    for (const Value value : x) top = std::max(top, static_cast<double>(static_cast<float>(value)));
    for (const Value value : x) total += std::exp(inverse_temperature * (static_cast<float>(value) - top));
    for (const Value value : x) {
        const double log_p = inverse_temperature * (static_cast<float>(value) - top) - std::log(total);
        entropy -= std::exp(log_p) * log_p;
    }
    const std::span<const Value> row{x};
    const auto inverse = static_cast<float>(inverse_temperature);
    const aha::log_sum sum = aha::log_sum_of(row, inverse);
    EXPECT_EQ(sum.top, static_cast<float>(top));
    EXPECT_NEAR(sum.total / total, 1, 2e-6);
    EXPECT_NEAR(sum.value(inverse_temperature), inverse_temperature * top + std::log(total), 3e-6);
    EXPECT_NEAR(aha::entropy_of(row, sum, inverse), entropy, 1e-5);
}

TEST(log_sum, is_that_of_double_for_rows_of_any_length) {
    for (const std::size_t n : {1U, 2U, 15U, 17U, 2047U, 2048U, 2049U, 5000U, 50000U})
        for (const double inverse : {1.0, 1 / 0.7, 0.5, 2.0}) {
            SCOPED_TRACE(testing::Message() << n << " logits, 1 / T " << inverse);
            check(logits<float>(n, 2), inverse);
            check(logits<float>(n, 2, 300), inverse);  // exp(300) is no float
            check(logits<float>(n, 40, -1000), inverse);
            check(logits<c10::BFloat16>(n, 2), inverse);
        }
}

TEST(log_sum, knows_the_uniform_and_the_certain_row) {
    const std::vector<float> equal(3000, 7);
    const aha::log_sum sum = aha::log_sum_of(std::span<const float>{equal}, 1);
    EXPECT_EQ(sum.total, 3000);
    EXPECT_NEAR(aha::entropy_of(std::span<const float>{equal}, sum, 1), std::log(3000.0), 1e-12);
    std::vector<float> certain(3000, -std::numeric_limits<float>::infinity());
    certain[2100] = 5;
    const aha::log_sum one = aha::log_sum_of(std::span<const float>{certain}, 1);
    EXPECT_NEAR(one.value(1), 5, 1e-12);
    EXPECT_NEAR(aha::entropy_of(std::span<const float>{certain}, one, 1), 0, 1e-12);
}

TEST(log_sum, shows_a_nan_anywhere_in_the_row) {
    for (const std::size_t place : {0U, 1U, 500U, 2999U}) {
        std::vector<float> x = logits<float>(3000, 1);
        x[place] = std::numeric_limits<float>::quiet_NaN();
        const aha::log_sum sum = aha::log_sum_of(std::span<const float>{x}, 1);
        EXPECT_FALSE(std::isfinite(sum.top) && std::isfinite(sum.total)) << place;
    }
}

TEST(log_sum, and_entropy_in_one_pass_equal_the_two_passes) {
    for (const std::size_t n : {1U, 15U, 16U, 2047U, 2048U, 2049U, 5000U}) {
        const std::vector<float> x = logits<float>(n, 2, -3);
        const std::span<const float> row{x};
        const aha::log_sum sum = aha::log_sum_of(row, 1);
        const auto [one, entropy] = aha::log_sum_and_entropy_of(row);
        EXPECT_EQ(one.top, sum.top) << n;
        EXPECT_NEAR(one.total, sum.total, 1e-6 * sum.total) << n;
        EXPECT_NEAR(entropy, aha::entropy_of(row, sum, 1), 1e-5) << n;
    }
    std::vector<float> broken = logits<float>(3000, 1);
    broken[2999] = std::numeric_limits<float>::quiet_NaN();
    const auto shown = aha::log_sum_and_entropy_of(broken).sum;
    EXPECT_FALSE(std::isfinite(shown.top) && std::isfinite(shown.total));
}

}  // namespace
