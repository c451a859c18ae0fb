#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <aha/optim/clip_gradient_norm.hpp>
#include <aha/testing/tolerance.hpp>

namespace {

using aha::testing::tolerance;

aha::parameters weights_of(const std::vector<std::int64_t>& matrix) {
    return {{{"matrix", matrix, true}, {"bias", {5}, false}}, at::TensorOptions{at::kFloat}};
}

TEST(clip_gradient_norm, clips_as_torch_does) {
    const nlohmann::json golden =
        nlohmann::json::parse(std::ifstream{std::filesystem::path{AHA_TEST_DATA} / "optim" / "data" / "optim.json"});
    int clipped = 0;
    for (const nlohmann::json& one : golden.at("clip")) {
        const auto before = one.at("before").get<std::vector<std::vector<float>>>();
        const auto after = one.at("after").get<std::vector<std::vector<float>>>();
        const aha::parameters weights = weights_of({3, 7});
        for (const std::size_t i : {0U, 1U}) weights[i].grad().view(-1).copy_(at::tensor(before[i]));
        const double norm = one.at("norm").get<double>(), largest = one.at("largest").get<double>();
        EXPECT_NEAR(aha::clip_gradient_norm(weights, largest), norm, 1e-6 * norm);
        for (const std::size_t i : {0U, 1U})
            EXPECT_EQ((tolerance{0, 1e-6}.excess(weights[i].grad().view(-1), at::tensor(after[i]))), "") << largest;
        clipped += before == after ? 0 : 1;
    }
    EXPECT_EQ(clipped, 2);  // one of the three norms is small enough
}

TEST(clip_gradient_norm, with_zero_measures_only) {
    const aha::parameters weights = weights_of({3, 7});
    weights.gradients()[3].fill_(-30);
    weights.gradients()[40].fill_(40);
    EXPECT_DOUBLE_EQ(aha::clip_gradient_norm(weights, 0), 50);
    EXPECT_EQ(weights.gradients()[3].item<double>(), -30);
    EXPECT_DOUBLE_EQ(aha::clip_gradient_norm(weights_of({1}), 1), 0);
}

TEST(clip_gradient_norm, sums_many_blocks_and_the_last_short_one_the_same_on_every_thread_count) {
    at::manual_seed(2);
    const aha::parameters weights = weights_of({311, 401});  // 8 blocks, the last of them short
    weights.gradients().copy_(at::randn_like(weights.gradients()));
    weights.gradients()[-1].fill_(100);
    const double expected = weights.gradients().to(at::kDouble).norm().item<double>();
    const int threads = at::get_num_threads();
    at::set_num_threads(1);
    const double alone = aha::clip_gradient_norm(weights, 0);
    at::set_num_threads(3);
    const double together = aha::clip_gradient_norm(weights, 0);
    at::set_num_threads(threads);
    EXPECT_NEAR(alone, expected, 1e-6 * expected);
    EXPECT_EQ(alone, together);
}

TEST(clip_gradient_norm, leaves_gradients_alone_when_the_norm_is_not_a_number) {
    for (const double bad : {std::nan(""), HUGE_VAL}) {
        const aha::parameters weights = weights_of({3, 7});
        weights.gradients()[0].fill_(3);
        weights.gradients()[1].fill_(bad);
        EXPECT_FALSE(std::isfinite(aha::clip_gradient_norm(weights, 1)));
        EXPECT_EQ(weights.gradients()[0].item<double>(), 3);
    }
}

aha::parameters with_gradient(double value) {
    aha::parameters one{{{"weight", {1}}}, at::TensorOptions{at::kFloat}};
    one[0].grad().fill_(value);
    return one;
}

TEST(clip_gradient_norm, scales_all_sets_by_one_factor) {
    const aha::parameters a = with_gradient(30), b = with_gradient(-40);
    const std::array<const aha::parameters*, 2> both{&a, &b};
    EXPECT_DOUBLE_EQ(aha::clip_gradient_norm(both, 0), 50);
    EXPECT_EQ(a[0].grad().item<double>(), 30);
    EXPECT_DOUBLE_EQ(aha::clip_gradient_norm(both, 5), 50);
    EXPECT_NEAR(a[0].grad().item<double>(), 3, 1e-6);
    EXPECT_NEAR(b[0].grad().item<double>(), -4, 1e-6);
    EXPECT_NEAR(aha::clip_gradient_norm(both, 6), 5, 1e-6);
    EXPECT_NEAR(b[0].grad().item<double>(), -4, 1e-6);
}

TEST(clip_gradient_norm, leaves_all_sets_alone_when_the_norm_of_one_is_not_a_number) {
    const aha::parameters a = with_gradient(30), b = with_gradient(std::nan(""));
    const std::array<const aha::parameters*, 2> both{&a, &b};
    EXPECT_FALSE(std::isfinite(aha::clip_gradient_norm(both, 1)));
    EXPECT_EQ(a[0].grad().item<double>(), 30);
}

TEST(clip_gradient_norm, counts_the_parts_that_other_ranks_hold) {
    const aha::parameters part = with_gradient(30);
    const std::array<const aha::parameters*, 1> own{&part};
    const auto with_another_of_40 = [](double squares) { return squares + 1600; };
    EXPECT_DOUBLE_EQ(aha::clip_gradient_norm(own, 5, with_another_of_40), 50);
    EXPECT_NEAR(part[0].grad().item<double>(), 3, 1e-6);
}

}  // namespace
