// The kernels of include/aha/kernels, run by the host's block, against plain references.
#include <aha/kernels/attend_chunks.cuh>
#include <aha/kernels/elementwise.cuh>
#include <aha/kernels/launch.hpp>
#include <aha/kernels/pick_rows.cuh>
#include <aha/kernels/score_rows.cuh>

#include <ATen/ATen.h>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <string>
#include <torch/csrc/autograd/autograd.h>
#include <vector>

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct rule {
    std::string name;
    double temperature = 1;
    std::int64_t top_k = 0;
    double top_p = 1, min_p = 0;
};
void PrintTo(const rule& r, std::ostream* out) { *out << r.name; }

/// The probability of each token under a rule, in double precision, by sorting: the order of transformers.
std::vector<double> probabilities(const std::vector<float>& logits, const std::vector<std::uint8_t>& forbidden,
                                  const rule& r) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < logits.size(); ++i)
        if (forbidden[i] == 0) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return logits[a] > logits[b]; });
    const auto share = [&](std::size_t i) {
        return std::exp((double{logits[i]} - logits[order[0]]) / (r.temperature == 0 ? 1 : r.temperature));
    };
    if (r.temperature == 0) order.resize(1);
    if (r.top_k > 0 && static_cast<std::size_t>(r.top_k) < order.size()) order.resize(std::size_t(r.top_k));
    if (r.top_p < 1) {
        double total = 0, seen = 0;
        for (const auto i : order) total += share(i);
        std::size_t n = 0;
        while (n < order.size() && seen < r.top_p * total) seen += share(order[n++]);
        order.resize(std::max<std::size_t>(n, 1));
    }
    while (order.size() > 1 && share(order.back()) < r.min_p) order.pop_back();
    std::vector<double> p(logits.size());
    double total = 0;
    for (const auto i : order) total += p[i] = share(i);
    for (double& x : p) x /= total;
    return p;
}

struct picked {
    std::vector<std::int64_t> ids;
    std::vector<float> log_probs, behavior, entropies;
    std::vector<std::uint8_t> problems;
};

/// One draw for each stream from the same logits.
template <class Logit>
picked pick(const std::vector<float>& logits, const std::vector<std::uint8_t>& forbidden, const rule& r,
            std::int64_t count) {
    std::vector<Logit> rows;
    std::vector<aha::random_stream> streams;
    for (std::int64_t n = 0; n < count; ++n) {
        rows.insert(rows.end(), logits.begin(), logits.end());
        streams.emplace_back(aha::random_key{.seed = 11, .sample = static_cast<std::uint64_t>(n)});
    }
    const std::vector<std::uint8_t> alive(std::size_t(count), 1);
    const std::vector<std::int64_t> drawn(std::size_t(count), 3);
    const auto size = static_cast<std::size_t>(count);
    picked p{std::vector<std::int64_t>(size, -1), std::vector<float>(size), std::vector<float>(size),
             std::vector<float>(size), std::vector<std::uint8_t>(size, 9)};
    aha::launch(aha::pick_rows<Logit>{.logits = rows.data(),
                                      .vocabulary = std::ssize(logits),
                                      .forbidden = forbidden.data(),
                                      .alive = alive.data(),
                                      .drawn = drawn.data(),
                                      .streams = streams.data(),
                                      .rule = {r.temperature, r.top_k, r.top_p, r.min_p},
                                      .ids = p.ids.data(),
                                      .log_probs = p.log_probs.data(),
                                      .behavior_log_probs = p.behavior.data(),
                                      .entropies = p.entropies.data(),
                                      .problems = p.problems.data()},
                count, at::kCPU);
    return p;
}

/// Logits that bfloat16 holds exactly, with many ties.
std::vector<float> some_logits(std::int64_t vocabulary, double deviation) {
    std::vector<float> logits;
    for (std::int64_t i = 0; i < vocabulary; ++i)
        logits.push_back(static_cast<float>(c10::BFloat16(
            static_cast<float>(deviation * aha::random_stream{{.seed = 8}}.normal(static_cast<std::uint64_t>(i))))));
    return logits;
}

class picks : public testing::TestWithParam<rule> {};

/// Each draw is the token at which the cumulative probability, by id, passes the random number.
TEST_P(picks, FollowTheCumulativeProbability) {
    for (const std::int64_t vocabulary : {1, 31, 1024, 5000}) {
        const std::vector<float> logits = some_logits(vocabulary, 3);
        std::vector<std::uint8_t> forbidden(logits.size());
        if (vocabulary > 1) forbidden[std::size_t(vocabulary / 2)] = 1;
        const std::vector<double> p = probabilities(logits, forbidden, GetParam());
        const std::int64_t draws = 60;
        const picked drawn = pick<float>(logits, forbidden, GetParam(), draws);
        const picked same = pick<c10::BFloat16>(logits, forbidden, GetParam(), draws);
        EXPECT_EQ(drawn.ids, same.ids);
        for (std::size_t n = 0; n < std::size_t(draws); ++n) {
            ASSERT_EQ(drawn.problems[n], 0);
            const auto id = static_cast<std::size_t>(drawn.ids[n]);
            ASSERT_LT(id, logits.size());
            const double u = aha::random_stream{{.seed = 11, .sample = n}}.uniform(3);
            const double below = std::accumulate(p.begin(), p.begin() + std::ptrdiff_t(id), 0.0);
            EXPECT_GT(p[id], 0) << GetParam().name << " drew " << id;
            EXPECT_GT(u, below - 1e-5);
            EXPECT_LT(u, below + p[id] + 1e-5);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(rules, picks,
                         testing::Values(rule{"plain"}, rule{"warm", 1.7}, rule{"greedy", 0}, rule{"top_1", 1, 1},
                                         rule{"top_20", 1, 20}, rule{"top_all", 1, 100000}, rule{"top_p", 1, 0, 0.9},
                                         rule{"top_p_small", 1, 0, 1e-9}, rule{"top_k_and_p", 0.8, 50, 0.7},
                                         rule{"min_p", 1, 0, 1, 0.05}, rule{"all", 1.2, 200, 0.95, 0.01}),
                         [](const auto& one) { return one.param.name; });

TEST(pick_rows, LogProbsAndEntropyAreThoseOfTheWholeDistribution) {
    const std::vector<float> logits = some_logits(3000, 2);
    const std::vector<std::uint8_t> none(logits.size());
    const picked drawn = pick<float>(logits, none, {"", 0.6, 40, 0.9}, 20);
    const auto log_probs_at = [&](double temperature) {
        return at::log_softmax(at::tensor(logits, at::kDouble) / temperature, 0);
    };
    const at::Tensor plain = log_probs_at(1), warm = log_probs_at(0.6);
    const double entropy = -(plain.exp() * plain).sum().item<double>();
    for (std::size_t n = 0; n < 20; ++n) {
        EXPECT_NEAR(drawn.log_probs[n], plain[drawn.ids[n]].item<double>(), 1e-5);
        EXPECT_NEAR(drawn.behavior[n], warm[drawn.ids[n]].item<double>(), 1e-5);
        EXPECT_NEAR(drawn.entropies[n], entropy, 1e-5);
    }
}

TEST(pick_rows, TellsLogitsApartThatDifferInTheirLastBit) {
    const std::vector<float> logits{1.0F, std::nextafter(1.0F, 2.0F), 1.0F, -2.0F, std::nextafter(-2.0F, 0.0F)};
    const std::vector<std::uint8_t> none(5), but_positive{1, 1, 1, 0, 0};
    EXPECT_EQ(pick<float>(logits, none, {"", 0}, 1).ids[0], 1);
    EXPECT_EQ(pick<float>(logits, none, {"", 1, 1}, 1).ids[0], 1);
    EXPECT_EQ(pick<float>(logits, but_positive, {"", 0}, 1).ids[0], 4);
    EXPECT_EQ(pick<float>({3, 5, 5}, {0, 0, 0}, {"", 0}, 1).ids[0], 1) << "of equal ones the first";
}

TEST(pick_rows, SaysWhatIsWrongWithARow) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const auto problem = [](std::vector<float> logits, std::vector<std::uint8_t> forbidden) {
        return int{pick<float>(logits, forbidden, {}, 1).problems[0]};
    };
    const auto minus = static_cast<float>(-infinity);
    EXPECT_EQ(problem({0, nan, 1}, {0, 0, 0}), 1);
    EXPECT_EQ(problem({nan, 0, 1}, {0, 0, 0}), 1);
    EXPECT_EQ(problem({0, static_cast<float>(infinity), 1}, {0, 0, 0}), 1);
    EXPECT_EQ(problem({minus, minus}, {0, 0}), 1);
    EXPECT_EQ(problem({0, 1, 2}, {1, 1, 1}), 2);
    EXPECT_EQ(problem({minus, 1, 2}, {0, 1, 1}), 2);
    EXPECT_EQ(problem({minus, 1, 2}, {0, 1, 0}), 0);
}

TEST(host_block, JoinsThreadsInOrder) {
    aha::host_block<4> block{7, 64};
    aha::host_block<4>::values<int> own;
    block.each([&](int t) { own[t] = t + 1; });
    EXPECT_EQ(block.index(), 7);
    EXPECT_EQ(block.sum(own), 10);
    EXPECT_EQ(block.max(own), 4);
    EXPECT_EQ(block.sum_before(own), 10);
    EXPECT_THAT((std::vector{own[0], own[1], own[2], own[3]}), testing::ElementsAre(0, 1, 3, 6));
}

template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 1e-5 : 8e-3;

template <class T>
class elementwise_kernels : public testing::Test {};
using types = testing::Types<float, c10::BFloat16>;
TYPED_TEST_SUITE(elementwise_kernels, types);

TYPED_TEST(elementwise_kernels, EqualLibTorchsOperators) {
    const auto type = c10::CppTypeToScalarType<TypeParam>::value;
    const at::Tensor x = at::sin(at::arange(3 * 700, at::kFloat)).view({3, 700});
    const at::Tensor delta = at::cos(at::arange(3 * 700, at::kFloat) * 1.3).view({3, 700}).to(type);
    const at::Tensor weight = at::linspace(0.5, 1.5, 700);
    const at::Tensor sum = at::empty_like(x), normalized = at::empty_like(delta), inverse = at::empty({3});
    aha::launch(aha::residual_norm_row<TypeParam>{.x = x.const_data_ptr<float>(),
                                                  .delta = delta.const_data_ptr<TypeParam>(),
                                                  .weight = weight.const_data_ptr<float>(),
                                                  .width = 700,
                                                  .epsilon = 1e-6F,
                                                  .sum = sum.mutable_data_ptr<float>(),
                                                  .normalized = normalized.mutable_data_ptr<TypeParam>(),
                                                  .inverse = inverse.mutable_data_ptr<float>()},
                3, at::kCPU);
    const at::Tensor wide = (x + delta.to(at::kFloat)).to(at::kDouble);
    const at::Tensor r = at::rsqrt(at::mean(wide * wide, {-1}, true) + 1e-6);
    EXPECT_TRUE(at::allclose(sum.to(at::kDouble), wide, 1e-6, 1e-6));
    EXPECT_TRUE(at::allclose(inverse.to(at::kDouble), r.squeeze(1), 1e-5, 1e-6));
    EXPECT_TRUE(at::allclose(normalized.to(at::kDouble), wide * r * weight, tolerance<TypeParam>, 1e-6));

    const at::Tensor gate_up = (at::sin(at::arange(5 * 2 * 333, at::kFloat)) * 4).view({5, 666}).to(type);
    const at::Tensor out = at::empty({5, 333}, gate_up.options());
    using gate = aha::gate_numbers<TypeParam>;
    aha::launch(gate{.gate_up = gate_up.const_data_ptr<TypeParam>(),
                     .rows = 5,
                     .width = 333,
                     .out = out.mutable_data_ptr<TypeParam>()},
                (5 * 333 + gate::per_block - 1) / gate::per_block, at::kCPU);
    const at::Tensor wanted =
        at::silu(gate_up.narrow(1, 0, 333).to(at::kDouble)) * gate_up.narrow(1, 333, 333).to(at::kDouble);
    EXPECT_TRUE(at::allclose(out.to(at::kDouble), wanted, tolerance<TypeParam>, 1e-6));
}

TYPED_TEST(elementwise_kernels, DifferentiateAsAutogradDoes) {
    const auto type = c10::CppTypeToScalarType<TypeParam>::value;
    {
        const at::Tensor gate_up = (at::sin(at::arange(5 * 666, at::kFloat)) * 4).view({5, 666}).to(type);
        const at::Tensor g = at::cos(at::arange(5 * 333, at::kFloat)).view({5, 333}).to(type);
        const at::Tensor exact = gate_up.to(at::kDouble).requires_grad_();
        const at::Tensor y = at::silu(exact.narrow(1, 0, 333)) * exact.narrow(1, 333, 333);
        torch::autograd::backward({(y * g).sum()}, {});
        const at::Tensor out = at::empty_like(gate_up);
        using backward = aha::gate_numbers_backward<TypeParam>;
        aha::launch(backward{.gate_up = gate_up.const_data_ptr<TypeParam>(),
                             .gradient = g.const_data_ptr<TypeParam>(),
                             .rows = 5,
                             .width = 333,
                             .out = out.mutable_data_ptr<TypeParam>()},
                    2, at::kCPU);
        EXPECT_TRUE(at::allclose(out.to(at::kDouble), exact.grad(), tolerance<TypeParam>, 1e-6));
    }
    constexpr std::int64_t rows = 37, width = 300;  // rows of three stretches, the last not full
    const at::Tensor x = (at::sin(at::arange(rows * width, at::kFloat)) * 2).view({rows, width});
    const at::Tensor g = at::cos(at::arange(rows * width, at::kFloat) * 0.9).view({rows, width}).to(type);
    const at::Tensor weight = at::linspace(0.5, 1.5, width);
    const at::Tensor exact = x.to(at::kDouble).requires_grad_(), w = weight.to(at::kDouble).requires_grad_();
    const at::Tensor r = at::rsqrt(at::mean(exact * exact, {-1}, true) + 1e-6);
    torch::autograd::backward({(exact * r * w * g).sum()}, {});
    const at::Tensor inverse = r.detach().to(at::kFloat).contiguous();
    const at::Tensor out = at::empty_like(x), parts = at::full({3, width}, NAN);
    aha::launch(aha::norm_rows_backward<float, TypeParam>{.x = x.const_data_ptr<float>(),
                                                          .weight = weight.const_data_ptr<float>(),
                                                          .inverse = inverse.const_data_ptr<float>(),
                                                          .gradient = g.const_data_ptr<TypeParam>(),
                                                          .rows = rows,
                                                          .width = width,
                                                          .out = out.mutable_data_ptr<float>(),
                                                          .weight_parts = parts.mutable_data_ptr<float>()},
                3, at::kCPU);
    EXPECT_TRUE(at::allclose(out.to(at::kDouble), exact.grad(), 1e-4, 1e-5));
    EXPECT_TRUE(at::allclose(parts.sum(0).to(at::kDouble), w.grad(), 1e-4, 1e-4));
}

TYPED_TEST(elementwise_kernels, TurnHeadsThereAndBack) {
    const auto type = c10::CppTypeToScalarType<TypeParam>::value;
    constexpr std::int64_t tokens = 7, heads = 5, half = 6;
    const at::Tensor x = at::sin(at::arange(tokens * heads * 2 * half, at::kFloat)).view({tokens, heads, -1}).to(type);
    const at::Tensor bias = at::linspace(-1, 1, heads * 2 * half);
    const at::Tensor angles = at::sin(at::arange(40 * half, at::kFloat)).view({40, half}) * 3;
    const at::Tensor cosine = angles.cos(), sine = angles.sin();
    const at::Tensor positions = at::tensor({3, 0, 39, 5, 5, 1, 20}, at::kLong);
    const auto turn = [&]<class In, class Out>(const at::Tensor& from, const float* shift, float direction, In*, Out*) {
        const at::Tensor to = at::empty(from.sizes(), from.options().dtype(c10::CppTypeToScalarType<Out>::value));
        aha::launch(aha::rotate_heads<In, Out>{.x = from.const_data_ptr<In>(),
                                               .bias = shift,
                                               .cosine = cosine.const_data_ptr<float>(),
                                               .sine = sine.const_data_ptr<float>(),
                                               .positions = positions.const_data_ptr<std::int64_t>(),
                                               .heads = heads,
                                               .rotated = 3,
                                               .half = half,
                                               .direction = direction,
                                               .out = to.mutable_data_ptr<Out>()},
                    tokens, at::kCPU);
        return to;
    };
    const at::Tensor turned =
        turn(x, bias.const_data_ptr<float>(), 1.0F, static_cast<TypeParam*>(nullptr), static_cast<float*>(nullptr));
    const at::Tensor shifted = x.to(at::kFloat) + bias.view({heads, 2 * half});
    const at::Tensor c = cosine.index_select(0, positions).unsqueeze(1),
                     s = sine.index_select(0, positions).unsqueeze(1);
    const at::Tensor a = shifted.narrow(1, 0, 3).narrow(2, 0, half), b = shifted.narrow(1, 0, 3).narrow(2, half, half);
    EXPECT_TRUE(at::allclose(turned.narrow(1, 0, 3), at::cat({a * c - b * s, b * c + a * s}, 2), 1e-5, 1e-6));
    EXPECT_TRUE(turned.narrow(1, 3, 2).equal(shifted.narrow(1, 3, 2)));
    const at::Tensor back = turn(turned, nullptr, -1.0F, static_cast<float*>(nullptr), static_cast<float*>(nullptr));
    EXPECT_TRUE(at::allclose(back, shifted, 1e-5, 1e-6));
}

TYPED_TEST(elementwise_kernels, ScoreLogitsAsLogSoftmaxDoes) {
    const auto type = c10::CppTypeToScalarType<TypeParam>::value;
    constexpr std::int64_t rows = 4, vocabulary = 1300;
    const at::Tensor logits = (at::sin(at::arange(rows * vocabulary, at::kFloat) * 1.7) * 9).view({rows, -1}).to(type);
    const at::Tensor targets = at::tensor({3, 1299, 0, 700}, at::kLong);
    const double temperature = 0.7;
    const at::Tensor exact = logits.to(at::kDouble).requires_grad_();
    const at::Tensor log_p = at::log_softmax(exact / temperature, 1);
    const at::Tensor expected = log_p.gather(1, targets.unsqueeze(1)).squeeze(1),
                     entropy = -(log_p.exp() * log_p).sum(1);
    const at::Tensor g = at::tensor({1.0F, -0.5F, 2.0F, 0.0F}), h = at::tensor({0.1F, 0.0F, -0.3F, 1.0F});

    const at::Tensor sums = at::empty({rows}), log_probs = at::empty({rows}), entropies = at::empty({rows});
    const auto inverse = static_cast<float>(1 / temperature);
    const auto* const ids = targets.const_data_ptr<std::int64_t>();
    aha::launch(aha::score_logits<TypeParam>{.logits = logits.const_data_ptr<TypeParam>(),
                                             .vocabulary = vocabulary,
                                             .targets = ids,
                                             .inverse = inverse,
                                             .sums = sums.mutable_data_ptr<float>(),
                                             .log_probs = log_probs.mutable_data_ptr<float>(),
                                             .entropies = entropies.mutable_data_ptr<float>()},
                rows, at::kCPU);
    EXPECT_TRUE(at::allclose(sums.to(at::kDouble), at::logsumexp(exact / temperature, {1}), 1e-6, 1e-5));
    EXPECT_TRUE(at::allclose(log_probs.to(at::kDouble), expected, 1e-6, 1e-5));
    EXPECT_TRUE(at::allclose(entropies.to(at::kDouble), entropy, 1e-5, 1e-5));

    for (const bool with_entropy : {false, true}) {
        at::Tensor loss = (expected * g).sum();
        if (with_entropy) loss = loss + (entropy * h).sum();
        const at::Tensor gradient = torch::autograd::grad({loss}, {exact}, {}, true)[0];
        const at::Tensor d = logits.clone();
        aha::launch(
            aha::score_logits_backward<TypeParam>{
                .logits = d.mutable_data_ptr<TypeParam>(),
                .vocabulary = vocabulary,
                .targets = ids,
                .inverse = inverse,
                .sums = sums.const_data_ptr<float>(),
                .entropies = with_entropy ? entropies.const_data_ptr<float>() : nullptr,
                .g_log_probs = g.const_data_ptr<float>(),
                .g_entropies = with_entropy ? h.const_data_ptr<float>() : nullptr},
            rows, at::kCPU);
        EXPECT_TRUE(at::allclose(d.to(at::kDouble), gradient, tolerance<TypeParam>, 1e-6));
    }
}

TEST(score_logits_backward, IsRightWhereATokenIsAllButCertain) {
    constexpr std::int64_t vocabulary = 1300;
    for (const float lead : {1.0F, 10.0F, 20.0F}) {
        const at::Tensor logits = at::sin(at::arange(vocabulary, at::kFloat) * 1.7).view({1, -1});
        logits[0][700] = logits.max().item<float>() + lead;
        const at::Tensor exact = logits.to(at::kDouble), targets = at::tensor({700}, at::kLong);
        const at::Tensor sums = at::logsumexp(exact, {1}).to(at::kFloat), g = at::ones({1}), d = logits.clone();
        aha::launch(aha::score_logits_backward<float>{.logits = d.mutable_data_ptr<float>(),
                                                      .vocabulary = vocabulary,
                                                      .targets = targets.const_data_ptr<std::int64_t>(),
                                                      .inverse = 1,
                                                      .sums = sums.const_data_ptr<float>(),
                                                      .entropies = nullptr,
                                                      .g_log_probs = g.const_data_ptr<float>(),
                                                      .g_entropies = nullptr},
                    1, at::kCPU);
        const at::Tensor p = at::softmax(exact, 1);
        const double wanted = p.sum().item<double>() - p[0][700].item<double>();
        const double others = (p.narrow(1, 0, 700).sum() + p.narrow(1, 701, vocabulary - 701).sum()).item<double>();
        EXPECT_NEAR(wanted, others, 1e-12);
        EXPECT_NEAR(d[0][700].item<double>() / others, 1, 1e-3) << "lead " << lead;
    }
}

/// Attention of queries over stretches of keys of any sizes, against a softmax over all of them in double precision.
TEST(attend_chunks, JoinToTheSoftmaxOverAllKeys) {
    constexpr std::int64_t heads = 6, key_heads = 2, width = 10, rows = 3, capacity = 300, prompt_tokens = 700;
    const auto made = [](std::int64_t n, double step) { return at::sin(at::arange(n, at::kFloat) * step) * 2; };
    const at::Tensor q = made(rows * heads * width, 0.7).view({rows, heads, width});
    const at::Tensor prompt_keys = made(prompt_tokens * key_heads * width, 1.1).view({-1, key_heads, width});
    const at::Tensor prompt_values = made(prompt_tokens * key_heads * width, 0.3).view({-1, key_heads, width});
    const at::Tensor own_keys = made(rows * capacity * key_heads * width, 0.9).view({rows, capacity, key_heads, width});
    const at::Tensor own_values = made(rows * capacity * key_heads * width, 0.5).view(own_keys.sizes());
    const std::vector<aha::shared_kv_range> stretches{{0, 2, 5, 650, 0}, {2, 1, 100, 1, 3}, {}};
    const std::vector<aha::row_kv_ranges> seen{
        {{0, 3, 6}, {650, 0, 0}}, {{0, 3, 6}, {650, 0, 0}}, {{0, 3, 6}, {0, 1, 0}}};
    const std::vector<std::int64_t> slots{2, 0, 1}, own{0, 299, 17};
    const std::vector<std::uint8_t> alive{1, 1, 1};
    const at::Tensor part_out = at::full({rows, heads, 8, width}, NAN), part_sums = at::full({rows, heads, 8, 2}, NAN);
    aha::attend_chunks<float> attend{.queries = q.const_data_ptr<float>(),
                                     .heads = heads,
                                     .key_heads = key_heads,
                                     .width = width,
                                     .keys = prompt_keys.const_data_ptr<float>(),
                                     .values = prompt_values.const_data_ptr<float>(),
                                     .stretches = stretches.data(),
                                     .slots = slots.data(),
                                     .own = own.data(),
                                     .alive = alive.data(),
                                     .capacity = capacity,
                                     .own_first_part = 6,
                                     .chunks = 3,
                                     .parts = 8,
                                     .part_out = part_out.mutable_data_ptr<float>(),
                                     .part_sums = part_sums.mutable_data_ptr<float>()};
    aha::launch(attend, 3 * key_heads * 3, at::kCPU);
    attend.keys = own_keys.const_data_ptr<float>();
    attend.values = own_values.const_data_ptr<float>();
    attend.stretches = nullptr;
    attend.chunks = 2;
    aha::launch(attend, rows * key_heads * 2, at::kCPU);
    const at::Tensor out = at::empty({rows, heads, width});
    aha::launch(aha::join_chunks<float>{.part_out = part_out.const_data_ptr<float>(),
                                        .part_sums = part_sums.const_data_ptr<float>(),
                                        .heads = heads,
                                        .width = width,
                                        .parts = 8,
                                        .chunk = aha::attend_chunks<float>::chunk,
                                        .rows = seen.data(),
                                        .own = own.data(),
                                        .alive = alive.data(),
                                        .out = out.mutable_data_ptr<float>()},
                rows, at::kCPU);
    for (std::int64_t row = 0; row < rows; ++row) {
        const auto r = static_cast<std::size_t>(row);
        const auto all = [&](const at::Tensor& prompt, const at::Tensor& mine) {
            const aha::shared_kv_range& s = stretches[row < 2 ? 0 : 1];
            return at::cat({prompt.narrow(0, s.first_key, s.keys), mine[slots[r]].narrow(0, 0, own[r] + 1)})
                .to(at::kDouble)
                .repeat_interleave(heads / key_heads, 1);
        };
        const at::Tensor p =
            at::softmax(at::einsum("hd,khd->hk", {q[row].to(at::kDouble), all(prompt_keys, own_keys)}), -1);
        const at::Tensor wanted = at::einsum("hk,khd->hd", {p, all(prompt_values, own_values)});
        EXPECT_TRUE(at::allclose(out[row].to(at::kDouble), wanted, 1e-4, 1e-5)) << "row " << row;
    }
}

}  // namespace
