#include <ATen/ATen.h>
#include <algorithm>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <torch/csrc/autograd/autograd.h>
#include <vector>

#include <aha/loss/chunked_divergence.hpp>
#include <aha/loss/divergence/forward_kl.hpp>
#include <aha/loss/divergence/generalized_jsd.hpp>
#include <aha/loss/divergence/reverse_kl.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>
#include <tests/support/complaint.hpp>
#include <tests/loss/watched_memory.hpp>

namespace {

using aha::testing::tolerance;

/// Student and teacher of different widths over one vocabulary, fixed by the seed.
struct problem {
    at::Tensor hidden, weight, teacher_hidden, teacher_weight, probe;

    explicit problem(std::int64_t rows, std::int64_t vocabulary, std::int64_t teacher_vocabulary = 0) {
        at::manual_seed(23);
        hidden = at::randn({rows, 6});
        weight = at::randn({vocabulary, 6}) * 0.7;
        teacher_hidden = at::randn({rows, 9});
        teacher_weight = at::randn({teacher_vocabulary == 0 ? vocabulary : teacher_vocabulary, 9}) * 0.7;
        probe = at::randn({rows});
    }
};

struct answer {
    at::Tensor values, hidden_gradient, head_gradient;
};

/// Values and gradients of sum(probe * values).
template <class Diverge>
answer backward(const problem& p, at::ScalarType type, const Diverge& diverge) {
    const at::Tensor hidden = p.hidden.to(type).clone().requires_grad_(true);
    aha::lm_head head{p.weight.clone(), p.weight.to(type)};
    head.weight.set_requires_grad(true);
    head.weight.mutable_grad() = at::zeros_like(head.weight);
    const at::Tensor values = diverge(hidden, head);
    torch::autograd::backward({(values * p.probe).sum()}, {});
    return {values.detach(), hidden.grad(), head.weight.grad()};
}

template <class Divergence>
answer chunked(const problem& p, const Divergence& divergence, const aha::divergence_options& options = {},
               at::ScalarType type = at::kFloat) {
    return backward(p, type, [&](const at::Tensor& hidden, const aha::lm_head& head) {
        return aha::token_divergence(hidden, head, p.teacher_hidden.to(type),
                                     {p.teacher_weight, p.teacher_weight.to(type)}, divergence, options);
    });
}

/// The definition in double with autograd. `direct` gets log-probs of student and teacher and gives values.
template <class Direct>
answer plain(const problem& p, double temperature, const Direct& direct) {
    return backward(p, at::kDouble, [&](const at::Tensor& hidden, const aha::lm_head& head) {
        const std::int64_t both = std::min(p.weight.size(0), p.teacher_weight.size(0));
        const auto log_probs = [&](const at::Tensor& h, const at::Tensor& w) {
            return at::log_softmax(at::linear(h, w.to(at::kDouble)).narrow(1, 0, both) / temperature, -1);
        };
        return direct(log_probs(hidden, head.weight), log_probs(p.teacher_hidden.to(at::kDouble), p.teacher_weight));
    });
}

at::Tensor kl(const at::Tensor& log_a, const at::Tensor& log_b) { return (log_a.exp() * (log_a - log_b)).sum(1); }

at::Tensor direct_forward(const at::Tensor& log_q, const at::Tensor& log_p) { return kl(log_p, log_q); }
at::Tensor direct_reverse(const at::Tensor& log_q, const at::Tensor& log_p) { return kl(log_q, log_p); }
auto direct_jsd(double beta) {
    return [beta](const at::Tensor& log_q, const at::Tensor& log_p) {
        const at::Tensor log_m = (beta * log_p.exp() + (1 - beta) * log_q.exp()).log();
        return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m);
    };
}

void expect_same(const answer& actual, const answer& expected, const tolerance& near) {
    EXPECT_EQ(near.excess(actual.values, expected.values), "");
    EXPECT_EQ(near.excess(actual.hidden_gradient, expected.hidden_gradient), "");
    EXPECT_EQ(near.excess(actual.head_gradient, expected.head_gradient), "");
}

/// Calls `body(divergence, direct)` for every divergence.
template <class Body>
void for_each_divergence(const Body& body) {
    body(aha::forward_kl{}, direct_forward);
    body(aha::reverse_kl{}, direct_reverse);
    for (const double beta : {0.1, 0.5, 0.9}) body(aha::generalized_jsd{{.beta = beta}}, direct_jsd(beta));
}

class diverge_tokens_at : public testing::TestWithParam<double> {};

TEST_P(diverge_tokens_at, float32_equals_autograd_on_whole_logits) {
    const problem p{7, 37};
    for_each_divergence([&](const auto& divergence, const auto& direct) {
        expect_same(chunked(p, divergence, {.temperature = GetParam()}), plain(p, GetParam(), direct), {5e-6, 5e-6});
    });
}

TEST_P(diverge_tokens_at, bfloat16_products_stay_near) {
    problem p{9, 300};
    for (at::Tensor* const one : {&p.hidden, &p.weight, &p.teacher_hidden, &p.teacher_weight})
        *one = one->to(at::kBFloat16).to(at::kFloat);
    for_each_divergence([&](const auto& divergence, const auto& direct) {
        const answer actual = chunked(p, divergence, {.temperature = GetParam()}, at::kBFloat16);
        EXPECT_EQ(actual.values.scalar_type(), at::kFloat);
        EXPECT_EQ(actual.hidden_gradient.scalar_type(), at::kBFloat16);
        EXPECT_EQ(actual.head_gradient.scalar_type(), at::kFloat);
        expect_same(actual, plain(p, GetParam(), direct), {0.05, 0.02});
    });
}

TEST_P(diverge_tokens_at, autograd_agrees_with_differences) {
    const problem p{4, 11};
    const at::Tensor hidden = p.hidden.clone().requires_grad_(true);
    aha::lm_head head{p.weight.clone(), {}};
    head.compute = head.weight.detach();  // shares memory: gradcheck moves both
    head.weight.set_requires_grad(true);
    head.weight.mutable_grad() = at::zeros_like(head.weight);
    for_each_divergence([&](const auto& divergence, const auto&) {
        const auto values = [&] {
            return aha::token_divergence(hidden, head, p.teacher_hidden, {p.teacher_weight, p.teacher_weight},
                                         divergence, {.temperature = GetParam()});
        };
        for (const at::Tensor& leaf : {hidden, head.weight}) {
            const auto gradients = aha::testing::gradcheck(values, leaf);
            EXPECT_EQ((tolerance{3e-4, 3e-4}.excess(gradients.automatic, gradients.numeric)), "");
        }
    });
}

INSTANTIATE_TEST_SUITE_P(temperatures, diverge_tokens_at, testing::Values(1.0, 2.0),
                         [](const auto& instance) { return instance.param == 1.0 ? "one" : "two"; });

TEST(token_divergence, equals_what_trl_computes) {
    std::ifstream file{AHA_TEST_DATA "/loss/data/distill.json"};
    const nlohmann::json golden = nlohmann::json::parse(file);
    const auto numbers = [](const nlohmann::json& rows) {
        std::vector<double> flat;
        for (const nlohmann::json& row : rows)
            for (const double x : row) flat.push_back(x);
        return at::tensor(flat, at::kDouble).to(at::kFloat).view({std::ssize(rows), -1});
    };
    problem p{1, 1};
    p.hidden = numbers(golden["student_hidden"]);
    p.weight = numbers(golden["student_head"]);
    p.teacher_hidden = numbers(golden["teacher_hidden"]);
    p.teacher_weight = numbers(golden["teacher_head"]);
    p.probe = at::tensor(golden["upstream"].get<std::vector<double>>(), at::kDouble).to(at::kFloat);
    ASSERT_EQ(golden["cases"].size(), 8U);
    for (const nlohmann::json& one : golden["cases"]) {
        SCOPED_TRACE(one["beta"].dump() + " at " + one["temperature"].dump());
        const answer expected{at::tensor(one["values"].get<std::vector<double>>(), at::kDouble),
                              numbers(one["hidden_gradient"]), numbers(one["head_gradient"])};
        expect_same(chunked(p, aha::generalized_jsd{{.beta = one["beta"]}}, {.temperature = one["temperature"]}),
                    expected, {3e-6, 3e-6});
    }
}

TEST(token_divergence, results_do_not_depend_on_the_chunk) {
    const problem p{11, 130};
    for_each_divergence([&](const auto& divergence, const auto&) {
        const answer whole = chunked(p, divergence);
        for (const std::int64_t bytes : {130 * 4 + 3, 4 * 130 * 4, 10 * 130 * 4, 1})
            expect_same(chunked(p, divergence, {.chunk_bytes = bytes}), whole, {2e-6, 2e-6});
    });
}

TEST(token_divergence, a_student_that_is_its_teacher_has_neither_divergence_nor_gradient) {
    problem p{5, 29};
    p.teacher_hidden = p.hidden;
    p.teacher_weight = p.weight;
    for_each_divergence([&](const auto& divergence, const auto&) {
        const answer none = chunked(p, divergence);
        EXPECT_LT(none.values.abs().max().template item<double>(), 1e-6);
        EXPECT_LT(none.hidden_gradient.abs().max().template item<double>(), 1e-6);
    });
}

TEST(token_divergence, large_logits_do_not_overflow) {
    problem p{6, 19};
    p.hidden = p.hidden * 100;
    p.teacher_hidden = p.teacher_hidden * 100;
    expect_same(chunked(p, aha::forward_kl{}), plain(p, 1, direct_forward), {5e-4, 1e-5});
    expect_same(chunked(p, aha::reverse_kl{}), plain(p, 1, direct_reverse), {5e-4, 1e-5});
    const answer jsd = chunked(p, aha::generalized_jsd{});
    EXPECT_TRUE(jsd.values.isfinite().all().item<bool>());
    EXPECT_TRUE(jsd.hidden_gradient.isfinite().all().item<bool>());
}

TEST(token_divergence, rows_that_pad_either_head_are_left_out) {
    for (const auto& [student, teacher] : {std::pair{40, 33}, {33, 40}, {40, 40}, {30, 40}, {40, 30}}) {
        problem p{5, student, teacher}, bare = p;
        bare.weight = p.weight.narrow(0, 0, 30), bare.teacher_weight = p.teacher_weight.narrow(0, 0, 30);
        answer all = chunked(p, aha::generalized_jsd{}, {.vocabulary = 30});
        EXPECT_TRUE(all.head_gradient.narrow(0, 30, student - 30).eq(0).all().item<bool>());
        all.head_gradient = all.head_gradient.narrow(0, 0, 30);
        expect_same(all, plain(bare, 1, direct_jsd(0.5)), {5e-6, 5e-6});
    }
}

TEST(token_divergence, no_rows_have_no_divergence) {
    const answer none = chunked(problem{0, 17}, aha::forward_kl{});
    EXPECT_EQ(none.values.numel(), 0);
    EXPECT_TRUE(none.head_gradient.eq(0).all().item<bool>());
}

TEST(token_divergence, gradients_are_added_and_a_frozen_head_gets_none) {
    const problem p{5, 23};
    const at::Tensor right = plain(p, 1, direct_forward).head_gradient;
    aha::lm_head head{p.weight.clone().requires_grad_(true), p.weight};
    head.weight.mutable_grad() = at::ones_like(head.weight);
    const aha::lm_head teacher{p.teacher_weight, p.teacher_weight};
    for (int i = 0; i < 2; ++i)
        torch::autograd::backward(
            {(aha::token_divergence(p.hidden, head, p.teacher_hidden, teacher, aha::forward_kl{}) * p.probe).sum()},
            {});
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(head.weight.grad(), 1 + 2 * right)), "");

    const at::Tensor hidden = p.hidden.clone().requires_grad_(true);
    const aha::lm_head frozen{p.weight, p.weight};
    torch::autograd::backward(
        {(aha::token_divergence(hidden, frozen, p.teacher_hidden, teacher, aha::forward_kl{}) * p.probe).sum()}, {});
    EXPECT_FALSE(p.weight.grad().defined());
    EXPECT_EQ((tolerance{5e-6, 5e-6}.excess(hidden.grad(), plain(p, 1, direct_forward).hidden_gradient)), "");
}

TEST(token_divergence, no_tensor_is_larger_than_a_chunk_or_a_head) {
    const std::int64_t rows = 512, vocabulary = 8192, chunk = 1 << 19;
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        const problem p{rows, vocabulary};
        std::size_t largest = 0;
        {
            const aha::test::watched_memory memory;
            chunked(p, aha::generalized_jsd{}, {.chunk_bytes = chunk}, type);
            largest = memory.largest();
        }
        EXPECT_GE(largest, static_cast<std::size_t>(chunk)) << "nothing was watched";
        // The logits of all rows would be 16 MiB; a chunk, or a head, is half a MiB or less. What multiplies may align
        // its own copy of either to a page.
        EXPECT_LE(largest, static_cast<std::size_t>(chunk + 4096));
    }
}

TEST(token_divergence, a_divergence_that_cannot_be_copied_is_referred_to) {
    struct immovable {
        immovable() = default;
        immovable(const immovable&) = delete;
        aha::divergence_output operator()(const at::Tensor& log_q, const at::Tensor& log_p) const {
            return aha::forward_kl{}(log_q, log_p);
        }
    };
    const problem p{3, 9};
    const immovable divergence;
    expect_same(chunked(p, divergence), chunked(p, aha::forward_kl{}), {0, 0});
}

TEST(token_divergence, refuses_what_makes_no_sense) {
    const auto message = [](const problem& p, const aha::divergence_options& options) -> std::string {
        return aha::test::complaint([&] { chunked(p, aha::forward_kl{}, options); });
    };
    using testing::HasSubstr;
    const problem p{3, 9};
    EXPECT_THAT(message(p, {.temperature = -0.5}), HasSubstr("temperature must be positive, not -0.5"));
    EXPECT_THAT(message(p, {.chunk_bytes = 0}), HasSubstr("chunk_bytes must be positive, not 0"));
    EXPECT_THAT(message(p, {.vocabulary = -1}), HasSubstr("not -1"));
    EXPECT_THAT(message(problem{3, 9, 11}, {}), HasSubstr("different vocabularies, 9 and 11 tokens"));
    EXPECT_THAT(message(problem{3, 9, 11}, {.vocabulary = 10}),
                HasSubstr("9 and 11 tokens, fewer than the vocabulary of 10"));
    problem uneven{3, 9};
    uneven.teacher_hidden = uneven.teacher_hidden.narrow(0, 0, 2);
    EXPECT_THAT(message(uneven, {}), HasSubstr("[3, 6] and [2, 9]"));
    EXPECT_THROW(aha::generalized_jsd{{.beta = 1.5}}, aha::error);
    EXPECT_THROW(aha::generalized_jsd{{.beta = std::nan("")}}, aha::error);
}

}  // namespace
