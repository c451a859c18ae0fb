#include <ATen/ATen.h>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <numeric>
#include <torch/csrc/autograd/autograd.h>

#include <aha/concepts/aggregation.hpp>
#include <aha/core/error.hpp>
#include <aha/loss/aggregation/constant_length.hpp>
#include <aha/loss/aggregation/sequence_mean.hpp>
#include <aha/loss/aggregation/token_mean.hpp>
#include <aha/loss/grpo_loss.hpp>

namespace {

using testing::DoubleEq;
using testing::ElementsAre;

static_assert(aha::require_aggregation<aha::token_mean>() && aha::require_aggregation<aha::sequence_mean>() &&
              aha::require_aggregation<aha::constant_length>());

const std::vector<std::int64_t> lengths{1, 4, 0, 5};

TEST(token_mean, gives_every_token_one_over_all_tokens) {
    EXPECT_THAT(aha::token_mean{}(lengths), ElementsAre(0.1, 0.1, 0.1, 0.1));
    EXPECT_THAT(aha::token_mean{}(std::vector<std::int64_t>{0, 0}), ElementsAre(0.0, 0.0));
    EXPECT_TRUE(aha::token_mean{}({}).empty());
}

TEST(sequence_mean, gives_every_completion_the_same_share_of_its_length) {
    EXPECT_THAT(aha::sequence_mean{}(lengths), ElementsAre(0.25, 1.0 / 16, 0.0, DoubleEq(0.05)));
    EXPECT_TRUE(aha::sequence_mean{}({}).empty());
}

TEST(constant_length, divides_by_completions_times_the_constant) {
    EXPECT_THAT(aha::constant_length{10}(lengths), ElementsAre(0.025, 0.025, 0.025, 0.025));
    EXPECT_TRUE(aha::constant_length{10}({}).empty());
}

TEST(constant_length, refuses_a_length_that_is_not_positive) {
    try {
        aha::constant_length{-3};
        FAIL() << "accepted -3";
    } catch (const aha::error& e) {
        EXPECT_THAT(e.what(), testing::HasSubstr("positive length, not -3"));
    }
    EXPECT_THROW(aha::constant_length{0}, aha::error);
}

struct named_aggregation {
    std::string name;
    std::function<std::vector<double>(std::span<const std::int64_t>)> weights;
};

class any_aggregation : public testing::TestWithParam<named_aggregation> {};

/// A batch cut into parts gives the loss, the metrics and the gradient of the whole: weights come from the whole batch.
TEST_P(any_aggregation, parts_of_a_batch_add_up_to_it) {
    at::manual_seed(3);
    const std::vector<std::int64_t> sizes{3, 17, 1, 40, 8, 25};
    const std::vector<double> weights = GetParam().weights(sizes);
    std::vector<at::Tensor> per_token;
    for (std::size_t s = 0; s < sizes.size(); ++s) per_token.push_back(at::full({sizes[s]}, weights[s], at::kFloat));
    const std::int64_t tokens = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
    const at::Tensor log_probs = (-2 * at::rand({tokens})).requires_grad_(true);
    const at::Tensor old = log_probs.detach() + 0.6 * at::rand({tokens}) - 0.3;
    const at::Tensor ref = log_probs.detach() + at::rand({tokens}) - 0.5, advantages = at::randn({tokens});
    const at::Tensor weight = at::cat(per_token);
    const aha::grpo_loss loss{{.beta = 0.1}};
    const auto part = [&](std::int64_t from, std::int64_t n) {
        const auto cut = [&](const at::Tensor& x) { return x.narrow(0, from, n); };
        aha::policy_batch batch;
        batch.log_probs = cut(log_probs);
        batch.old_log_probs = cut(old);
        batch.ref_log_probs = cut(ref);
        batch.advantages = cut(advantages);
        batch.weights = cut(weight);
        return loss(batch);
    };
    const aha::loss_output whole = part(0, tokens);
    torch::autograd::backward({whole.loss}, {});
    const at::Tensor whole_gradient = log_probs.grad();
    log_probs.mutable_grad() = at::Tensor{};

    double sum = 0;
    std::map<std::string, double> sums;
    std::int64_t from = 0;
    for (const auto& range : {std::pair{0, 1}, {1, 4}, {4, 6}}) {  // completions of each part
        const std::int64_t n =
            std::accumulate(sizes.begin() + range.first, sizes.begin() + range.second, std::int64_t{0});
        const aha::loss_output output = part(from, n);
        torch::autograd::backward({output.loss}, {});
        sum += output.loss.item<double>();
        for (const auto& [name, value] : output.sums) sums[name] += value.item<double>();
        from += n;
    }
    ASSERT_EQ(from, tokens);
    EXPECT_NEAR(sum, whole.loss.item<double>(), 1e-6 * std::abs(whole.loss.item<double>()));
    EXPECT_TRUE(log_probs.grad().equal(whole_gradient));
    ASSERT_EQ(sums.size(), 4U);
    for (const auto& [name, value] : whole.sums)
        EXPECT_NEAR(sums.at(name), value.item<double>(), 1e-6 * value.item<double>()) << name;
}

INSTANTIATE_TEST_SUITE_P(of, any_aggregation,
                         testing::Values(named_aggregation{"token_mean", aha::token_mean{}},
                                         named_aggregation{"sequence_mean", aha::sequence_mean{}},
                                         named_aggregation{"constant_length", aha::constant_length{50}}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
