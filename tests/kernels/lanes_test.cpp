#include <aha/kernels/lanes.hpp>

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

#include <aha/core/random.hpp>

namespace {

std::vector<float> numbers(std::int64_t n) {
    const aha::random_stream random{{4, 0, 0, 0}};
    std::vector<float> x;
    for (std::int64_t i = 0; i < n; ++i) x.push_back(static_cast<float>(random.normal(static_cast<std::uint64_t>(i))));
    return x;
}

TEST(lane_sum, adds_every_term_once_whatever_the_count) {
    for (std::int64_t n = 0; n <= 70; ++n) {
        const float sum = aha::lane_sum(n, [](std::int64_t i) { return static_cast<float>(i * i); });
        EXPECT_EQ(sum, static_cast<float>((n - 1) * n * (2 * n - 1) / 6)) << n;  // small integers: no rounding
    }
}

TEST(lane_sum, is_near_the_sum_in_double) {
    for (const std::int64_t n : {1, 15, 16, 17, 100, 2048, 4001}) {
        const std::vector<float> x = numbers(n);
        double right = 0, size = 0;
        for (const float value : x) right += value, size += std::abs(value);
        const float sum = aha::lane_sum(n, [data = x.data()](std::int64_t i) { return data[i]; });
        EXPECT_NEAR(sum, right, 1e-6 * size) << n;
    }
}

TEST(lane_max, finds_the_largest_term_in_any_place) {
    for (const std::int64_t n : {1, 2, 15, 16, 17, 31, 33, 100}) {
        for (std::int64_t place = 0; place < n; ++place) {
            std::vector<float> x = numbers(n);
            x[static_cast<std::size_t>(place)] = 50;
            EXPECT_EQ(aha::lane_max(n, [data = x.data()](std::int64_t i) { return data[i]; }), 50)
                << place << " of " << n;
        }
        const std::vector<float> x = numbers(n);
        EXPECT_EQ(aha::lane_max(n, [data = x.data()](std::int64_t i) { return data[i] - 1000; }),
                  *std::max_element(x.begin(), x.end()) - 1000);
    }
    constexpr float lowest = -std::numeric_limits<float>::infinity();
    EXPECT_EQ(aha::lane_max(40, [](std::int64_t) { return lowest; }), lowest);
}

}  // namespace
