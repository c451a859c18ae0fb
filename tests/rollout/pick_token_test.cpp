#include <aha/rollout/pick_token.hpp>

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <vector>

#include <aha/core/random.hpp>
#include <tests/support/chi_square.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::pick_token;
using aha::sampling_options;

constexpr float never = -std::numeric_limits<float>::infinity();
constexpr double almost_one = 1 - 0x1.0p-53;

std::vector<float> random_logits(std::size_t size, std::uint64_t seed, double deviation = 1.5) {
    const aha::random_stream random{{seed, 0, 0, 0}};
    std::vector<float> logits(size);
    for (std::size_t i = 0; i < size; ++i) logits[i] = static_cast<float>(deviation * random.normal(i));
    return logits;
}

/// More than two blocks: a few heavy tokens on both sides of the block borders, half of the mass in the tail.
std::vector<float> wide_logits() {
    std::vector<float> logits = random_logits(5000, 2, 0.5);
    for (const std::size_t heavy : {0U, 2047U, 2048U, 3000U, 4096U, 4999U}) logits[heavy] = 6.8F;
    return logits;
}

std::vector<double> softmax(std::span<const float> logits, double temperature) {
    const double top = *std::max_element(logits.begin(), logits.end());
    std::vector<double> p;
    for (const float x : logits) p.push_back(std::exp((x - top) / temperature));
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& x : p) x /= sum;
    return p;
}

void normalize(std::vector<double>& p) {
    const double sum = std::accumulate(p.begin(), p.end(), 0.0);
    for (double& x : p) x /= sum;
}

std::vector<double> with_top_k(std::vector<double> p, std::int64_t k) {
    if (k == 0) return p;
    std::vector<double> sorted = p;
    std::sort(sorted.rbegin(), sorted.rend());
    const double least = sorted[std::min(sorted.size(), static_cast<std::size_t>(k)) - 1];
    for (double& x : p) x = x < least ? 0 : x;
    normalize(p);
    return p;
}

/// From the least likely up, as transformers has it: tokens go as long as those gone have at most 1 - top_p together.
std::vector<double> with_top_p(std::vector<double> p, double top_p) {
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
    double gone = 0;
    for (std::size_t i = 0; i + 1 < order.size(); ++i)
        if ((gone += p[order[i]]) <= 1 - top_p) p[order[i]] = 0;
    normalize(p);
    return p;
}

std::vector<double> with_min_p(std::vector<double> p, double min_p) {
    const double least = min_p * *std::max_element(p.begin(), p.end());
    for (double& x : p) x = x < least ? 0 : x;
    normalize(p);
    return p;
}

/// The distribution that `options` describe, in double: temperature, top-k, top-p, min-p.
std::vector<double> exact(std::span<const float> allowed, const sampling_options& o) {
    return with_min_p(with_top_p(with_top_k(softmax(allowed, o.temperature), o.top_k), o.top_p), o.min_p);
}

std::vector<std::int64_t> draws(std::span<const float> logits, std::span<const float> allowed,
                                const sampling_options& options, std::size_t count = 20000) {
    const aha::random_stream random{{17, 0, 0, 0}};
    std::vector<std::int64_t> counts(logits.size());
    for (std::size_t n = 0; n < count; ++n)
        ++counts[static_cast<std::size_t>(pick_token(logits, allowed, options, random.uniform(n)).id)];
    return counts;
}

void expect_drawn_from(std::span<const double> right, std::span<const std::int64_t> counts) {
    const aha::test::goodness_of_fit fit = aha::test::fit(counts, right);
    EXPECT_TRUE(fit.holds()) << "chi-square " << fit.statistic << " over " << fit.cells << " cells exceeds "
                             << fit.critical;
}

TEST(chi_square, critical_values_are_those_of_the_tables) {
    EXPECT_NEAR(aha::test::chi_square_critical(1, 0.05), 3.8415, 1e-4);
    EXPECT_NEAR(aha::test::chi_square_critical(10, 0.01), 23.2093, 1e-4);
    EXPECT_NEAR(aha::test::chi_square_critical(100, 0.001), 149.4493, 1e-4);
    EXPECT_NEAR(aha::test::chi_square_critical(2, 1e-6), 2 * std::log(1e6), 1e-6);
}

struct sampling_case {
    const char* name;
    sampling_options options;
    friend std::ostream& operator<<(std::ostream& out, const sampling_case& c) { return out << c.name; }
};

class pick_token_draws : public testing::TestWithParam<sampling_case> {};

TEST_P(pick_token_draws, from_the_exact_distribution) {
    const sampling_options& options = GetParam().options;
    const std::vector<float> logits = random_logits(40, 1);
    const std::vector<std::int64_t> counts = draws(logits, logits, options, 40000);
    expect_drawn_from(exact(logits, options), counts);
    // The gate can fail: draws at another temperature do not pass for these.
    sampling_options warmer = options;
    warmer.temperature *= 1.25;
    EXPECT_FALSE(aha::test::fit(counts, exact(logits, warmer)).holds());
}

TEST_P(pick_token_draws, from_the_exact_distribution_without_suppressed_tokens) {
    const sampling_options& options = GetParam().options;
    const std::vector<float> logits = random_logits(40, 1);
    std::vector<float> allowed = logits;
    *std::max_element(allowed.begin(), allowed.end()) = never;
    for (const std::size_t i : {0U, 1U, 20U, 39U}) allowed[i] = never;
    const std::vector<std::int64_t> counts = draws(logits, allowed, options);
    expect_drawn_from(exact(allowed, options), counts);
    for (std::size_t i = 0; i < allowed.size(); ++i)
        EXPECT_TRUE(allowed[i] != never || counts[i] == 0) << "token " << i;
    for (const double uniform : {0.0, 0x1.0p-53, almost_one}) {
        const auto id = static_cast<std::size_t>(pick_token(logits, allowed, options, uniform).id);
        EXPECT_GT(exact(allowed, options)[id], 0) << "uniform " << uniform << " gave token " << id;
    }
}

INSTANTIATE_TEST_SUITE_P(
    , pick_token_draws,
    testing::Values(sampling_case{"plain", {}}, sampling_case{"cool", {.temperature = 0.7}},
                    sampling_case{"warm", {.temperature = 1.4}}, sampling_case{"top_k", {.top_k = 7}},
                    sampling_case{"cool_top_k", {.temperature = 0.7, .top_k = 7}},
                    sampling_case{"top_k_over_the_vocabulary", {.top_k = 1000}}, sampling_case{"top_p", {.top_p = 0.8}},
                    sampling_case{"cool_top_p", {.temperature = 0.7, .top_p = 0.8}},
                    sampling_case{"min_p", {.min_p = 0.15}},
                    sampling_case{"cool_min_p", {.temperature = 0.7, .min_p = 0.15}},
                    sampling_case{"top_k_top_p", {.temperature = 0.7, .top_k = 10, .top_p = 0.85}},
                    sampling_case{"top_k_min_p", {.temperature = 1.3, .top_k = 12, .min_p = 0.2}},
                    sampling_case{"top_p_min_p", {.temperature = 1.3, .top_p = 0.95, .min_p = 0.2}},
                    sampling_case{"all", {.temperature = 1.2, .top_k = 12, .top_p = 0.9, .min_p = 0.1}}),
    [](const auto& tested) { return tested.param.name; });

/// The token by the plain way: all that may be drawn is sorted, likeliest first and equal ones by id, and walked.
std::int64_t picked_by_sorting(std::span<const float> allowed, const sampling_options& options, double uniform) {
    const double inverse = 1.0 / options.temperature;
    std::vector<std::int32_t> order;
    for (std::size_t i = 0; i < allowed.size(); ++i)
        if (!std::isinf(allowed[i])) order.push_back(static_cast<std::int32_t>(i));
    const auto logit = [&](std::int32_t id) { return allowed[static_cast<std::size_t>(id)]; };
    std::sort(order.begin(), order.end(),
              [&](std::int32_t a, std::int32_t b) { return logit(a) > logit(b) || (logit(a) == logit(b) && a < b); });
    if (options.top_k > 0) order.resize(std::min(order.size(), static_cast<std::size_t>(options.top_k)));
    const auto mass = [&](std::int32_t id) { return std::exp(inverse * (logit(id) - logit(order.front()))); };
    double total = 0, seen = 0;
    for (const std::int32_t id : order) total += mass(id);
    std::size_t kept = 0;
    while (kept < order.size() && (kept == 0 || options.top_p == 1 || seen < options.top_p * total))
        seen += mass(order[kept++]);
    while (options.min_p > 0 && kept > 1 && mass(order[kept - 1]) < options.min_p) --kept;
    double left = 0;
    for (std::size_t i = 0; i < kept; ++i) left += mass(order[i]);
    left *= uniform;
    for (std::size_t i = 0; i < kept; ++i)
        if ((left -= mass(order[i])) < 0) return order[i];
    return order[kept - 1];
}

TEST(pick_token, picks_without_sorting_what_sorting_picks) {
    const std::vector<sampling_options> all{
        {.top_p = 0.95},  {.min_p = 0.05},
        {.top_k = 20},    {.temperature = 0.6, .top_p = 0.95},
        {.top_p = 1e-9},  {.temperature = 0.7, .min_p = 0.3},
        {.min_p = 1e-30}, {.temperature = 1.3, .top_k = 50, .top_p = 0.9, .min_p = 0.1},
        {.top_p = 0.5},   {.temperature = 0.01, .top_p = 0.99, .min_p = 1e-6},
        {.min_p = 0.999}, {.temperature = 30, .top_k = 3000, .top_p = 0.999}};
    const aha::random_stream random{{31, 0, 0, 0}};
    std::uint64_t n = 0;
    for (const std::size_t size : {1U, 40U, 700U, 5000U})
        for (const double deviation : {0.01, 1.0, 4.0, 40.0})
            for (const bool ties : {false, true}) {
                std::vector<float> logits = random_logits(size, 40 + n, deviation);
                if (ties)  // as few different ones as bfloat16 has
                    for (float& x : logits) x = std::round(x * 8) / 8;
                std::vector<float> allowed = logits;
                if (size > 1) allowed[size / 3] = never;
                for (const sampling_options& options : all)
                    for (const double uniform : {0.0, random.uniform(n++), random.uniform(n++), 0.999999}) {
                        ASSERT_EQ(pick_token(logits, allowed, options, uniform).id,
                                  picked_by_sorting(allowed, options, uniform))
                            << size << " tokens, deviation " << deviation << ", ties " << ties << ", temperature "
                            << options.temperature << ", top_k " << options.top_k << ", top_p " << options.top_p
                            << ", min_p " << options.min_p << ", uniform " << uniform;
                    }
            }
}

TEST(pick_token, top_p_counts_the_mass_that_top_k_left) {
    // Ten equal tokens: of the five that top-k leaves, half the mass is three; of all ten it would be five.
    std::vector<float> logits(10);
    for (std::size_t i = 0; i < 10; ++i) logits[i] = -0.001F * static_cast<float>(i);
    const std::vector<std::int64_t> counts = draws(logits, logits, {.top_k = 5, .top_p = 0.5});
    for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(counts[i] > 0, i < 3) << i;
    // A heavy token takes all of top_p: exactly one is left, never none.
    logits[4] = 5;
    EXPECT_EQ(draws(logits, logits, {.top_p = 1e-9})[4], 20000);
    EXPECT_EQ(draws(logits, logits, {.min_p = 0.999})[4], 20000);
}

TEST(pick_token, draws_across_blocks_from_the_exact_distribution) {
    const std::vector<float> logits = wide_logits();
    ASSERT_GT(logits.size(), 2 * aha::log_sum_block);
    for (const double temperature : {1.0, 0.7, 1.6}) {
        const sampling_options options{.temperature = temperature};
        const std::vector<std::int64_t> counts = draws(logits, logits, options, 5000);
        expect_drawn_from(softmax(logits, temperature), counts);
        EXPECT_FALSE(aha::test::fit(counts, softmax(logits, 1.25 * temperature)).holds());
    }
    std::vector<float> allowed = logits;
    std::fill_n(allowed.begin(), 2100, never);        // the first block and the start of the second
    std::fill_n(allowed.begin() + 4096, 904, never);  // all of the last one
    expect_drawn_from(softmax(allowed, 1), draws(logits, allowed, {}, 5000));
    expect_drawn_from(softmax(allowed, 0.7), draws(logits, allowed, {.temperature = 0.7}, 5000));
    expect_drawn_from(exact(allowed, {.top_k = 3}), draws(logits, allowed, {.top_k = 3}, 5000));
}

TEST(pick_token, draws_nothing_suppressed_at_the_ends_of_the_unit_interval) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const std::vector<float> logits = random_logits(120 * aha::log_sum_block, seed, 2);
        std::vector<float> allowed = logits;
        std::fill_n(allowed.begin(), 2100, never);
        std::fill(allowed.end() - 2100, allowed.end(), never);  // rounding may leave mass over for the last block
        for (const double temperature : {0.7, 1.0}) {
            EXPECT_EQ(pick_token(logits, allowed, {.temperature = temperature}, 0).id, 2100);
            const std::int64_t id = pick_token(logits, allowed, {.temperature = temperature}, almost_one).id;
            EXPECT_NE(allowed[static_cast<std::size_t>(id)], never) << "seed " << seed << " gave token " << id;
        }
    }
}

TEST(pick_token, takes_the_first_and_the_last_token_at_the_ends_of_the_unit_interval) {
    for (const std::size_t size : {1U, 5U, 2048U, 2049U, 4096U, 5000U}) {
        const std::vector<float> logits(size, 1.0F);
        for (const sampling_options& options : {sampling_options{}, sampling_options{.top_p = 0.999999999}}) {
            EXPECT_EQ(pick_token(logits, logits, options, 0).id, 0);
            EXPECT_EQ(pick_token(logits, logits, options, almost_one).id, static_cast<std::int64_t>(size) - 1);
        }
        // Equal tokens: the draw is the position in the unit interval.
        const auto at = [&](double uniform) { return pick_token(logits, logits, {}, uniform).id; };
        for (std::size_t i = 0; i < size; i += 1 + size / 50)
            EXPECT_EQ(at((static_cast<double>(i) + 0.5) / static_cast<double>(size)), static_cast<std::int64_t>(i));
    }
}

TEST(pick_token, log_probs_and_entropy_are_the_models_before_any_truncation) {
    for (const std::vector<float>& logits : {random_logits(40, 3), random_logits(2048, 4), wide_logits()}) {
        std::vector<float> allowed = logits;
        allowed[0] = allowed[7] = never;
        const std::vector<double> p = softmax(logits, 1);
        double entropy = 0;
        for (const double x : p) entropy -= x * std::log(x);
        for (const sampling_options& options :
             {sampling_options{}, sampling_options{.temperature = 0.7},
              sampling_options{.temperature = 1.8, .top_k = 5}, sampling_options{.top_p = 0.5, .min_p = 0.1},
              sampling_options{.temperature = 0}})
            for (const double uniform : {0.0, 0.3, 0.9, almost_one}) {
                const double behavior = options.temperature == 0 ? 1 : options.temperature;
                const aha::sampled_token token = pick_token(logits, allowed, options, uniform);
                const auto id = static_cast<std::size_t>(token.id);
                EXPECT_NEAR(token.log_prob, std::log(p[id]), 2e-6);
                EXPECT_NEAR(token.behavior_log_prob, std::log(softmax(logits, behavior)[id]), 2e-6);
                EXPECT_NEAR(token.entropy, entropy, 2e-6);
                EXPECT_TRUE(behavior != 1 || token.log_prob == token.behavior_log_prob);
            }
    }
}

TEST(pick_token, of_a_certain_distribution_has_entropy_zero) {
    std::vector<float> logits(100, -200.0F);
    logits[33] = 50;
    const aha::sampled_token token = pick_token(logits, logits, {}, 0.5);
    EXPECT_EQ(token.id, 33);
    EXPECT_EQ(token.log_prob, 0);
    EXPECT_NEAR(token.entropy, 0, 1e-6);
}

TEST(pick_token, is_greedy_at_temperature_zero) {
    std::vector<float> logits = random_logits(3000, 5);
    logits[2500] = logits[2900] = 20;
    for (const double uniform : {0.0, 0.5, almost_one})
        EXPECT_EQ(pick_token(logits, logits, {.temperature = 0}, uniform).id, 2500);
    std::vector<float> allowed = logits;
    allowed[2500] = never;
    EXPECT_EQ(pick_token(logits, allowed, {.temperature = 0}, 0.5).id, 2900);
}

TEST(pick_token, refuses_what_is_no_distribution) {
    const auto message = [](std::span<const float> logits, std::span<const float> allowed,
                            const sampling_options& options) {
        return aha::test::complaint([&] { pick_token(logits, allowed, options, 0.5); });
    };
    for (const sampling_options& options :
         {sampling_options{}, sampling_options{.temperature = 0}, sampling_options{.temperature = 0.7, .top_k = 3}})
        for (const std::size_t size : {3U, 100U, 5000U}) {
            const std::vector<float> logits = random_logits(size, 6);
            for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
                for (const std::size_t place : std::vector<std::size_t>{0, size / 2, size - 1}) {
                    std::vector<float> broken = logits;
                    broken[place] = bad;
                    EXPECT_EQ(message(broken, broken, options), "the model's logits contain a NaN or an infinity");
                }
            const std::vector<float> none(size, never);
            EXPECT_EQ(message(logits, none, options), "no token is left to draw: all are suppressed");
        }
}

}  // namespace
