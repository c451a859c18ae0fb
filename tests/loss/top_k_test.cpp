#include <ATen/ATen.h>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <tuple>
#include <torch/csrc/autograd/autograd.h>

#include <aha/loss/chunked_divergence.hpp>
#include <aha/loss/divergence/forward_kl.hpp>
#include <aha/loss/divergence/generalized_jsd.hpp>
#include <aha/loss/divergence/reverse_kl.hpp>
#include <aha/loss/top_k.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/tolerance.hpp>
#include <tests/support/complaint.hpp>
#include <tests/loss/watched_memory.hpp>

namespace {

using aha::test::complaint;
using aha::testing::tolerance;

struct problem {
    at::Tensor hidden, teacher_hidden, probe;
    aha::lm_head head, teacher;

    problem(std::int64_t rows, std::int64_t vocabulary) {
        at::manual_seed(29);
        hidden = at::randn({rows, 5}).requires_grad_(true);
        const at::Tensor weight = at::randn({vocabulary, 5}) * 0.7, theirs = at::randn({vocabulary, 8}) * 0.7;
        head = {weight, weight.detach()};
        head.weight.set_requires_grad(true);
        head.weight.mutable_grad() = at::zeros_like(weight);
        teacher_hidden = at::randn({rows, 8});
        teacher = {theirs, theirs};
        probe = at::randn({rows});
    }
};

struct answer {
    at::Tensor values, hidden_gradient, head_gradient;
};

/// Values and gradients of sum(probe * values).
template <class Diverge>
answer backward(const problem& p, const Diverge& diverge) {
    p.hidden.mutable_grad() = at::zeros_like(p.hidden);
    p.head.weight.mutable_grad() = at::zeros_like(p.head.weight);
    const at::Tensor values = diverge();
    torch::autograd::backward({(values * p.probe).sum()}, {});
    return {values.detach(), p.hidden.grad(), p.head.weight.grad()};
}

void expect_same(const answer& actual, const answer& expected, const tolerance& near) {
    EXPECT_EQ(near.excess(actual.values, expected.values), "");
    EXPECT_EQ(near.excess(actual.hidden_gradient, expected.hidden_gradient), "");
    EXPECT_EQ(near.excess(actual.head_gradient, expected.head_gradient), "");
}

template <class Body>
void for_each_divergence(const Body& body) {
    body(aha::forward_kl{});
    body(aha::reverse_kl{});
    body(aha::generalized_jsd{{.beta = 0.3}});
}

TEST(top_k_of, the_likeliest_tokens_first_and_the_mass_of_the_others) {
    const problem p{7, 41};
    for (const double temperature : {1.0, 2.0}) {
        const aha::top_k_rows top = aha::top_k_of(p.teacher_hidden, p.teacher, 5, {.temperature = temperature});
        const at::Tensor all = at::log_softmax(
            at::linear(p.teacher_hidden.to(at::kDouble), p.teacher.weight.to(at::kDouble)) / temperature, -1);
        const auto sorted = at::sort(all, 1, true);
        EXPECT_EQ(top.ids.scalar_type(), at::kInt);
        EXPECT_TRUE(top.ids.equal(std::get<1>(sorted).narrow(1, 0, 5).to(at::kInt)));
        EXPECT_EQ((tolerance{2e-6, 2e-6}.excess(top.log_probs, std::get<0>(sorted).narrow(1, 0, 5))), "");
        const at::Tensor others = std::get<0>(sorted).narrow(1, 5, 36).exp().sum(1).log();
        EXPECT_EQ((tolerance{2e-6, 2e-6}.excess(top.tail, others)), "");
        const aha::top_k_rows in_chunks =
            aha::top_k_of(p.teacher_hidden, p.teacher, 5, {.temperature = temperature, .chunk_bytes = 2 * 41 * 4});
        EXPECT_TRUE(in_chunks.ids.equal(top.ids));
        EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(in_chunks.tail, top.tail)), "");
    }
}

TEST(top_k_of, a_tail_of_almost_nothing_keeps_its_digits) {
    problem p{3, 12};
    const at::Tensor sharp = p.teacher_hidden * 60;
    const aha::top_k_rows top = aha::top_k_of(sharp, p.teacher, 4);
    const at::Tensor all = at::log_softmax(at::linear(sharp.to(at::kDouble), p.teacher.weight.to(at::kDouble)), -1);
    const at::Tensor others = std::get<0>(at::sort(all, 1, true)).narrow(1, 4, 8).logsumexp({1});
    EXPECT_LT(others.max().item<double>(), -20) << "1 less the others would be 0 in float32";
    EXPECT_EQ((tolerance{1e-4, 1e-5}.excess(top.tail, others)), "");
}

TEST(top_k_divergence, all_tokens_give_the_whole_divergence) {
    const problem p{6, 23};
    const aha::divergence_options options{.temperature = 1.5};
    const aha::top_k_rows top = aha::top_k_of(p.teacher_hidden, p.teacher, 23, options);
    EXPECT_TRUE(top.tail.eq(-std::numeric_limits<double>::infinity()).all().item<bool>());
    for_each_divergence([&](const auto& divergence) {
        expect_same(backward(p, [&] { return aha::top_k_divergence(p.hidden, p.head, top, divergence, options); }),
                    backward(p,
                             [&] {
                                 return aha::token_divergence(p.hidden, p.head, p.teacher_hidden, p.teacher, divergence,
                                                              options);
                             }),
                    {2e-6, 2e-6});
    });
}

TEST(top_k_divergence, equals_autograd_on_outcomes_that_are_summed_by_hand) {
    const problem p{6, 23};
    const double temperature = 1.5;
    const aha::top_k_rows top = aha::top_k_of(p.teacher_hidden, p.teacher, 4, {.temperature = temperature});
    const at::Tensor log_p = at::cat({top.log_probs, top.tail.unsqueeze(1)}, 1).to(at::kDouble);
    const auto outcomes = [&] {
        const at::Tensor q =
            at::softmax(at::linear(p.hidden.to(at::kDouble), p.head.weight.to(at::kDouble)) / temperature, -1);
        const at::Tensor few = q.gather(1, top.ids.to(at::kLong));
        return at::cat({few, 1 - few.sum(1, true)}, 1).log();
    };
    const auto kl = [](const at::Tensor& a, const at::Tensor& b) { return (a.exp() * (a - b)).sum(1); };
    const auto ours = [&](const auto& divergence) {
        return backward(
            p, [&] { return aha::top_k_divergence(p.hidden, p.head, top, divergence, {.temperature = temperature}); });
    };
    expect_same(ours(aha::forward_kl{}), backward(p, [&] { return kl(log_p, outcomes()); }), {5e-6, 5e-6});
    expect_same(ours(aha::reverse_kl{}), backward(p, [&] { return kl(outcomes(), log_p); }), {5e-6, 5e-6});
    expect_same(ours(aha::generalized_jsd{{.beta = 0.3}}),
                backward(p,
                         [&] {
                             const at::Tensor log_q = outcomes(), log_m = (0.3 * log_p.exp() + 0.7 * log_q.exp()).log();
                             return 0.3 * kl(log_p, log_m) + 0.7 * kl(log_q, log_m);
                         }),
                {5e-6, 5e-6});
}

TEST(top_k_divergence, autograd_agrees_with_differences_where_the_tail_is_most_of_the_mass) {
    const problem p{4, 13};
    const aha::top_k_rows top = aha::top_k_of(p.teacher_hidden, p.teacher, 2, {.temperature = 3});
    EXPECT_GT(top.tail.exp().mean().item<double>(), 0.5);
    for_each_divergence([&](const auto& divergence) {
        const auto values = [&] {
            return aha::top_k_divergence(p.hidden, p.head, top, divergence, {.temperature = 3, .chunk_bytes = 100});
        };
        for (const at::Tensor& leaf : {p.hidden, p.head.weight}) {
            const auto gradients = aha::testing::gradcheck(values, leaf);
            EXPECT_EQ((tolerance{1e-4, 3e-4}.excess(gradients.automatic, gradients.numeric)), "");
        }
    });
}

TEST(top_k_divergence, grows_with_k_to_the_whole_divergence) {
    const problem p{6, 23};
    const at::Tensor whole =
        aha::token_divergence(p.hidden, p.head, p.teacher_hidden, p.teacher, aha::forward_kl{}).detach();
    at::Tensor before = at::zeros_like(whole);
    for (const std::int64_t k : {1, 4, 12, 22}) {
        const at::Tensor now =
            aha::top_k_divergence(p.hidden, p.head, aha::top_k_of(p.teacher_hidden, p.teacher, k), aha::forward_kl{})
                .detach();
        EXPECT_TRUE(now.ge(before - 1e-6).all().item<bool>()) << k;
        EXPECT_TRUE(now.le(whole + 1e-6).all().item<bool>()) << k;
        before = now;
    }
}

TEST(top_k_divergence, a_teacher_without_a_tail_is_compared_with_all_the_student_says) {
    const problem p{3, 9};
    aha::top_k_rows top = aha::top_k_of(p.teacher_hidden, p.teacher, 3);
    top.log_probs = top.log_probs - top.log_probs.logsumexp({1}, true);
    top.tail = at::full_like(top.tail, -std::numeric_limits<double>::infinity());
    for (const double beta : {0.0, 0.5}) {
        const answer a = backward(
            p, [&] { return aha::top_k_divergence(p.hidden, p.head, top, aha::generalized_jsd{{.beta = beta}}); });
        EXPECT_TRUE(a.values.isfinite().all().item<bool>());
        EXPECT_TRUE(a.head_gradient.isfinite().all().item<bool>());
    }
    const answer infinite =
        backward(p, [&] { return aha::top_k_divergence(p.hidden, p.head, top, aha::reverse_kl{}); });
    EXPECT_TRUE(infinite.values.isinf().all().item<bool>());
}

TEST(top_k_divergence, no_tensor_is_larger_than_a_chunk) {
    const std::int64_t chunk = 1 << 19;
    const problem p{512, 8192};
    std::size_t largest = 0;
    {
        const aha::test::watched_memory memory;
        const aha::divergence_options options{.chunk_bytes = chunk};
        const aha::top_k_rows top = aha::top_k_of(p.teacher_hidden, p.teacher, 8, options);
        backward(p, [&] { return aha::top_k_divergence(p.hidden, p.head, top, aha::forward_kl{}, options); });
        largest = memory.largest();
    }
    // Ranking a chunk takes its ids in int64 besides.
    EXPECT_GE(largest, static_cast<std::size_t>(chunk));
    EXPECT_LE(largest, static_cast<std::size_t>(2 * chunk));
}

TEST(top_k_divergence, refuses_what_makes_no_sense) {
    const problem p{3, 9};
    using testing::HasSubstr;
    EXPECT_THAT(complaint([&] { aha::top_k_of(p.teacher_hidden, p.teacher, 10); }), HasSubstr("k must be in [1, 9]"));
    EXPECT_THAT(complaint([&] { aha::top_k_of(p.teacher_hidden, p.teacher, 0); }), HasSubstr("not 0"));
    aha::top_k_rows top = aha::top_k_of(p.teacher_hidden, p.teacher, 2);
    EXPECT_THAT(complaint([&] { aha::top_k_divergence(p.hidden.narrow(0, 0, 2), p.head, top, aha::forward_kl{}); }),
                HasSubstr("ids [3, 2]"));
    top.ids = top.ids.clone();
    top.ids[1][1].fill_(9);
    EXPECT_THAT(complaint([&] { aha::top_k_divergence(p.hidden, p.head, top, aha::forward_kl{}); }),
                HasSubstr("holds token 9, but the student has 9 tokens"));
}

TEST(top_k_of, rows_that_pad_the_head_are_no_tokens) {
    const problem p{5, 12};
    const aha::lm_head first{p.teacher.weight.narrow(0, 0, 9), p.teacher.compute.narrow(0, 0, 9)};
    for (const std::int64_t k : {9, 3}) {
        const aha::top_k_rows of_first = aha::top_k_of(p.teacher_hidden, first, k);
        const aha::top_k_rows padded = aha::top_k_of(p.teacher_hidden, p.teacher, k, {.vocabulary = 9});
        EXPECT_TRUE(at::equal(padded.ids, of_first.ids));
        EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(padded.log_probs, of_first.log_probs)), "");
        EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(padded.tail.exp(), of_first.tail.exp())), "");
    }
    EXPECT_THROW(aha::top_k_of(p.teacher_hidden, p.teacher, 10, {.vocabulary = 9}), aha::error);
    EXPECT_THROW(aha::top_k_of(p.teacher_hidden, p.teacher, 3, {.vocabulary = 13}), aha::error);
    const aha::top_k_rows top = aha::top_k_of(p.teacher_hidden, p.teacher, 3, {.vocabulary = 9});
    EXPECT_THROW(aha::top_k_divergence(p.hidden, p.head, top, aha::forward_kl{}, {.vocabulary = 13}), aha::error);
    EXPECT_THROW(aha::top_k_divergence(p.hidden, p.head, top, aha::forward_kl{}, {.vocabulary = 2}), aha::error);
}

}  // namespace
