#include <ATen/ATen.h>
#include <algorithm>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <aha/loss/chunked_log_probs.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::testing::tolerance;

/// Hidden states, a head and targets, fixed by the seed.
struct problem {
    at::Tensor hidden, weight, targets, probe, entropy_probe;

    problem(std::int64_t rows, std::int64_t width, std::int64_t vocabulary) {
        at::manual_seed(19);
        hidden = at::randn({rows, width});
        weight = at::randn({vocabulary, width}) * 0.7;
        targets = at::randint(vocabulary, {rows}, at::kLong);
        if (rows > 1) targets[0].fill_(0), targets[1].fill_(vocabulary - 1);  // the first and the last word too
        probe = at::randn({rows});
        entropy_probe = at::randn({rows});
    }
};

/// Values and gradients of sum(probe * log_probs + entropy_probe * entropies).
struct answer {
    at::Tensor log_probs, entropies, hidden_gradient, head_gradient;
};

template <class Score>
answer backward(const problem& p, at::ScalarType type, bool entropy_gradient, const Score& score) {
    const at::Tensor hidden = p.hidden.to(type).clone().requires_grad_(true);
    aha::lm_head head{p.weight.clone(), p.weight.to(type)};
    head.weight.set_requires_grad(true);
    head.weight.mutable_grad() = at::zeros_like(head.weight);
    const aha::token_log_probs scores = score(hidden, head);
    at::Tensor sum = (scores.log_probs * p.probe).sum();
    if (entropy_gradient) sum = sum + (scores.entropies * p.entropy_probe).sum();
    torch::autograd::backward({sum}, {});
    return {scores.log_probs.detach(), scores.entropies.defined() ? scores.entropies.detach() : at::Tensor{},
            hidden.grad(), head.weight.grad()};
}

answer chunked(const problem& p, const aha::log_prob_options& options, at::ScalarType type = at::kFloat,
               bool entropy_gradient = true) {
    return backward(p, type, entropy_gradient && options.entropy,
                    [&](const at::Tensor& hidden, const aha::lm_head& head) {
                        return aha::compute_log_probs(hidden, head, p.targets, options);
                    });
}

/// The definition, in double.
answer plain(const problem& p, double temperature, bool entropy_gradient = true) {
    return backward(p, at::kDouble, entropy_gradient, [&](const at::Tensor& hidden, const aha::lm_head& head) {
        const at::Tensor all = at::log_softmax(at::linear(hidden, head.weight.to(at::kDouble)) / temperature, -1);
        return aha::token_log_probs{all.gather(1, p.targets.unsqueeze(1)).squeeze(1), -(all.exp() * all).sum(1)};
    });
}

void expect_same(const answer& actual, const answer& expected, const tolerance& near) {
    EXPECT_EQ(near.excess(actual.log_probs, expected.log_probs), "");
    if (actual.entropies.defined()) {
        EXPECT_EQ(near.excess(actual.entropies, expected.entropies), "");
    }
    EXPECT_EQ(near.excess(actual.hidden_gradient, expected.hidden_gradient), "");
    EXPECT_EQ(near.excess(actual.head_gradient, expected.head_gradient), "");
}

class chunked_log_probs : public testing::TestWithParam<double> {};

TEST_P(chunked_log_probs, float32_equals_log_softmax_with_and_without_entropy_gradient) {
    const problem p{7, 12, 37};
    expect_same(chunked(p, {.temperature = GetParam(), .entropy = true}), plain(p, GetParam()), {5e-6, 5e-6});
    const answer values_only = chunked(p, {.temperature = GetParam(), .entropy = true}, at::kFloat, false);
    expect_same(values_only, plain(p, GetParam(), false), {5e-6, 5e-6});
    const answer without = chunked(p, {.temperature = GetParam()});
    EXPECT_FALSE(without.entropies.defined());
    expect_same(without, plain(p, GetParam(), false), {5e-6, 5e-6});
}

TEST_P(chunked_log_probs, vocabularies_beyond_a_block_and_off_the_lanes_are_summed_whole) {
    const problem p{5, 6, static_cast<std::int64_t>(2 * aha::log_sum_block) + 13};
    expect_same(chunked(p, {.temperature = GetParam(), .entropy = true}), plain(p, GetParam()), {1e-5, 1e-5});
}

TEST_P(chunked_log_probs, bfloat16_products_stay_near) {
    problem p{9, 12, 2100};
    p.hidden = p.hidden.to(at::kBFloat16).to(at::kFloat);
    p.weight = p.weight.to(at::kBFloat16).to(at::kFloat);
    const answer actual = chunked(p, {.temperature = GetParam(), .entropy = true}, at::kBFloat16);
    EXPECT_EQ(actual.log_probs.scalar_type(), at::kFloat);
    EXPECT_EQ(actual.hidden_gradient.scalar_type(), at::kBFloat16);
    EXPECT_EQ(actual.head_gradient.scalar_type(), at::kFloat);
    const answer expected = plain(p, GetParam());
    expect_same(actual, expected, {0.05, 0.02});
    // Gradients are rounded on their way through the products; log-probs come from float32 logits.
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(actual.log_probs, expected.log_probs)), "");
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(actual.entropies, expected.entropies)), "");
}

TEST_P(chunked_log_probs, autograd_agrees_with_differences) {
    const problem p{4, 3, 11};
    const at::Tensor hidden = p.hidden.clone().requires_grad_(true);
    aha::lm_head head{p.weight.clone(), {}};
    head.compute = head.weight.detach();  // shares memory: gradcheck moves both
    head.weight.set_requires_grad(true);
    head.weight.mutable_grad() = at::zeros_like(head.weight);
    const auto both = [&] {
        const aha::token_log_probs s =
            aha::compute_log_probs(hidden, head, p.targets, {.temperature = GetParam(), .entropy = true});
        return at::stack({s.log_probs, s.entropies});
    };
    for (const at::Tensor& leaf : {hidden, head.weight}) {
        const auto gradients = aha::testing::gradcheck(both, leaf);
        EXPECT_EQ((tolerance{3e-4, 3e-4}.excess(gradients.automatic, gradients.numeric)), "");
    }
}

INSTANTIATE_TEST_SUITE_P(temperatures, chunked_log_probs, testing::Values(1.0, 0.7),
                         [](const auto& instance) { return instance.param == 1.0 ? "one" : "below_one"; });

TEST(compute_log_probs, kept_logits_give_what_computing_them_again_gives) {
    const problem p{11, 8, 130};
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        const answer again = chunked(p, {.entropy = true}, type);
        for (const std::int64_t rows : {1, 4, 100}) {
            const answer kept =
                chunked(p, {.entropy = true, .chunk_bytes = rows * 130 * 4, .keep_bytes = 1 << 20}, type);
            expect_same(kept, again, type == at::kFloat ? tolerance{1e-6, 1e-6} : tolerance{2e-2, 2e-2});
        }
    }
}

TEST(compute_log_probs, results_do_not_depend_on_the_chunk) {
    const problem p{11, 8, 130};
    const answer whole = chunked(p, {.temperature = 0.7, .entropy = true});
    for (const std::int64_t rows : {1, 2, 4, 10}) {
        SCOPED_TRACE(rows);
        expect_same(chunked(p, {.temperature = 0.7, .entropy = true, .chunk_bytes = rows * 130 * 4 + 3}), whole,
                    {2e-6, 2e-6});
    }
    expect_same(chunked(p, {.temperature = 0.7, .entropy = true, .chunk_bytes = 1}), whole, {2e-6, 2e-6});
}

TEST(compute_log_probs, large_logits_do_not_overflow) {
    problem p{6, 4, 19};
    p.hidden = p.hidden * 200;
    const answer actual = chunked(p, {.entropy = true}), expected = plain(p, 1);
    EXPECT_GT(expected.log_probs.abs().max().item<double>(), 300.0);
    expect_same(actual, expected, {5e-4, 1e-5});
}

TEST(compute_log_probs, a_token_that_is_all_but_certain_has_the_gradient_of_what_is_left) {
    constexpr std::int64_t vocabulary = 5000, certain = 4321;
    for (const double lead : {1.0, 5.0, 10.0, 15.0, 20.0, 25.0})
        for (const bool entropy : {false, true}) {
            problem p{1, 2, vocabulary};
            p.hidden = at::tensor({1.0F, 0.5F}).view({1, 2});
            p.weight = at::randn({vocabulary, 2}) * 0.2;
            p.weight[certain] = at::tensor({static_cast<float>(lead), 0.0F});
            p.targets = at::tensor({certain}, at::kLong);
            const answer actual = chunked(p, {.entropy = entropy}), expected = plain(p, 1, entropy);
            const double seen = actual.head_gradient[certain][0].item<double>();
            const double wanted = expected.head_gradient[certain][0].item<double>();
            EXPECT_NEAR(seen / wanted, 1, 1e-3) << "lead " << lead << (entropy ? " with entropy" : "");
        }
}

TEST(compute_log_probs, a_suppressed_token_has_no_gradient_and_a_broken_one_is_not_hidden) {
    problem p{1, 1, 40};
    p.hidden = at::ones({1, 1});
    p.targets = at::tensor({3}, at::kLong);
    p.weight[7].fill_(-std::numeric_limits<float>::infinity());
    const answer suppressed = chunked(p, {.entropy = true});
    EXPECT_EQ(suppressed.head_gradient[7].item<float>(), 0);
    EXPECT_TRUE(suppressed.head_gradient.isfinite().all().item<bool>());
    p.weight[7].fill_(std::numeric_limits<float>::quiet_NaN());
    EXPECT_TRUE(chunked(p, {.entropy = true}).head_gradient.isnan().any().item<bool>());
}

TEST(compute_log_probs, no_rows_give_no_scores_and_leave_the_gradients_alone) {
    const problem p{0, 5, 17};
    const answer none = chunked(p, {.entropy = true});
    EXPECT_EQ(none.log_probs.numel(), 0);
    EXPECT_EQ(none.entropies.numel(), 0);
    EXPECT_EQ(none.hidden_gradient.sizes(), p.hidden.sizes());
    EXPECT_TRUE(none.head_gradient.eq(0).all().item<bool>());
}

TEST(compute_log_probs, a_frozen_head_gets_no_gradient_and_passes_one_on) {
    const problem p{5, 6, 23};
    const at::Tensor hidden = p.hidden.clone().requires_grad_(true);
    const aha::lm_head head{p.weight, p.weight};
    const aha::token_log_probs scores = aha::compute_log_probs(hidden, head, p.targets, {.entropy = true});
    torch::autograd::backward({(scores.log_probs * p.probe + scores.entropies * p.entropy_probe).sum()}, {});
    EXPECT_FALSE(head.weight.grad().defined());
    EXPECT_EQ((tolerance{5e-6, 5e-6}.excess(hidden.grad(), plain(p, 1).hidden_gradient)), "");
}

TEST(compute_log_probs, gradients_are_added_to_those_that_are_there) {
    const problem p{5, 6, 23};
    aha::lm_head head{p.weight.clone().requires_grad_(true), p.weight};
    head.weight.mutable_grad() = at::ones_like(head.weight);
    const at::Tensor memory = head.weight.grad();
    for (int i = 0; i < 2; ++i)
        torch::autograd::backward({(aha::compute_log_probs(p.hidden, head, p.targets).log_probs * p.probe).sum()}, {});
    EXPECT_TRUE(head.weight.grad().is_same(memory));
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(memory, 1 + 2 * plain(p, 1, false).head_gradient)), "");
}

/// Remembers the largest block of memory asked of the CPU allocator while it lives.
class watched_memory final : public c10::Allocator {
public:
    watched_memory() : before_{c10::GetAllocator(c10::kCPU)} { c10::SetAllocator(c10::kCPU, this, priority); }
    ~watched_memory() override { c10::SetAllocator(c10::kCPU, before_, priority); }
    watched_memory(const watched_memory&) = delete;
    watched_memory& operator=(const watched_memory&) = delete;

    c10::DataPtr allocate(std::size_t bytes) override {
        largest_ = std::max(largest_, bytes);
        return before_->allocate(bytes);
    }
    c10::DeleterFnPtr raw_deleter() const override { return before_->raw_deleter(); }
    void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }
    std::size_t largest() const { return largest_; }

private:
    static constexpr std::uint8_t priority = 100;
    c10::Allocator* before_;
    std::size_t largest_ = 0;
};

TEST(compute_log_probs, no_tensor_is_larger_than_a_chunk_or_the_head) {
    const std::int64_t rows = 512, width = 4, vocabulary = 8192, chunk = 1 << 18;
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        const problem p{rows, width, vocabulary};
        std::size_t largest = 0;
        {
            const watched_memory memory;
            chunked(p, {.entropy = true, .chunk_bytes = chunk}, type);
            largest = memory.largest();
        }
        EXPECT_GE(largest, static_cast<std::size_t>(chunk / 2)) << "nothing was watched";
        // The logits of all rows would be 16 MiB; a chunk, or the head, is 256 KiB or less. What multiplies may align
        // its own copy of either to a page.
        EXPECT_LE(largest, static_cast<std::size_t>(2 * chunk + 4096));
    }
}

TEST(compute_log_probs, refuses_what_makes_no_sense) {
    const problem p{3, 4, 9};
    const auto message = [&](const at::Tensor& hidden, const aha::log_prob_options& options) -> std::string {
        return aha::test::complaint([&] { aha::compute_log_probs(hidden, {p.weight, p.weight}, p.targets, options); });
    };
    EXPECT_THAT(message(p.hidden, {.temperature = -0.5}), testing::HasSubstr("temperature must be positive, not -0.5"));
    EXPECT_THAT(message(p.hidden, {.temperature = std::nan("")}), testing::HasSubstr("temperature"));
    EXPECT_THAT(message(p.hidden, {.chunk_bytes = 0}), testing::HasSubstr("chunk_bytes must be positive, not 0"));
    EXPECT_THAT(message(p.hidden.narrow(0, 0, 2), {}), testing::HasSubstr("[2, 4] and [3]"));
}

}  // namespace
