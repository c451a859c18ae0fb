#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <vector>

#include <aha/model/ops/checkpointed.hpp>
#include <aha/model/ops/decode_attention.hpp>
#include <aha/model/feed_forward/gated.hpp>
#include <aha/model/ops/residual_norm.hpp>
#include <aha/model/ops/rotary.hpp>
#include <aha/model/ops/tree_attention.hpp>
#include <aha/testing/tolerance.hpp>

#include <tests/support/complaint.hpp>

namespace {

using aha::testing::tolerance;

/// Attention by its definition, in double, one query at a time, with autograd's own gradients.
at::Tensor plain_attention(const at::Tensor& qkv, std::int64_t heads, const std::vector<aha::token_tree>& trees) {
    const std::int64_t key_heads = (qkv.size(1) - heads) / 2, width = qkv.size(2);
    std::vector<at::Tensor> rows(static_cast<std::size_t>(qkv.size(0)));
    const auto attend = [&](std::int64_t t, const at::Tensor& seen) {
        std::vector<at::Tensor> of_head;
        for (std::int64_t h = 0; h < heads; ++h) {
            const std::int64_t k = h / (heads / key_heads);
            const at::Tensor keys = seen.select(1, heads + k), values = seen.select(1, heads + key_heads + k);
            const at::Tensor scores = at::mv(keys, qkv[t][h]) / std::sqrt(static_cast<double>(width));
            of_head.push_back(at::mv(values.t(), at::softmax(scores, 0)));
        }
        rows[static_cast<std::size_t>(t)] = at::stack(of_head);
    };
    for (const aha::token_tree& tree : trees) {
        const auto part = [&](std::int64_t begin, std::int64_t size) { return qkv.narrow(0, begin, size); };
        for (std::int64_t i = 0; i < tree.trunk.size; ++i) attend(tree.trunk.begin + i, part(tree.trunk.begin, i + 1));
        // Whole paths, written down here and not asked of the tree.
        std::vector<std::vector<at::Tensor>> paths;
        for (std::size_t n = 0; n < tree.branches.size(); ++n) {
            const aha::segment& b = tree.branches[n];
            const std::int64_t before = tree.parents.empty() ? -1 : tree.parents[n];
            std::vector<at::Tensor> path = before < 0 ? std::vector{part(tree.trunk.begin, tree.trunk.size)}
                                                      : paths[static_cast<std::size_t>(before)];
            for (std::int64_t i = 0; i < b.size; ++i) {
                std::vector<at::Tensor> seen = path;
                seen.push_back(part(b.begin, i + 1));
                attend(b.begin + i, at::cat(seen));
            }
            path.push_back(part(b.begin, b.size));
            paths.push_back(std::move(path));
        }
    }
    return at::stack(rows);
}

/// A trunk longer than a tile with branches shorter and longer than one, one of them empty; a lone trunk; a trunk that
/// is continued five deep, by segments shorter and longer than a tile and than those that took their place before, one
/// of them empty; and texts that share nothing, below an empty trunk.
std::vector<aha::token_tree> forest() {
    return {{{0, 19}, {{19, 5}, {24, 0}, {24, 33}, {57, 1}}},
            {{58, 3}, {}},
            {{61, 5},
             {{66, 21}, {87, 2}, {89, 18}, {107, 3}, {110, 4}, {114, 0}, {114, 1}, {115, 2}, {117, 7}},
             {-1, 0, 1, 1, 3, 3, 5, -1, 7}},
            {{124, 0}, {{124, 2}, {126, 3}, {129, 1}}, {-1, 0, -1}}};
}
constexpr std::int64_t forest_tokens = 130;

class attention : public testing::TestWithParam<std::tuple<int, int, int>> {};  // heads, key heads, width

TEST_P(attention, over_trees_equals_the_definition_in_value_and_gradient) {
    const std::int64_t heads = std::get<0>(GetParam()), key_heads = std::get<1>(GetParam()),
                       width = std::get<2>(GetParam());
    at::manual_seed(4);
    const at::Tensor start = at::randn({forest_tokens, heads + 2 * key_heads, width});
    const at::Tensor probe = at::randn({forest_tokens, heads, width});
    const auto gradient = [&](const at::Tensor& leaf, const at::Tensor& out) {
        torch::autograd::backward({(out * probe).sum()}, {});
        return leaf.grad();
    };
    const at::Tensor exact_leaf = start.to(at::kDouble).requires_grad_(), leaf = start.clone().requires_grad_();
    const at::Tensor exact = plain_attention(exact_leaf, heads, forest());
    const at::Tensor out = aha::tree_attention(leaf, heads, forest());
    EXPECT_EQ((tolerance{2e-6, 2e-6}.excess(out, exact)), "");
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(gradient(leaf, out), gradient(exact_leaf, exact))), "");
    const at::NoGradGuard no_gradients;
    EXPECT_TRUE(aha::tree_attention(leaf, heads, forest()).equal(out));
    EXPECT_TRUE(aha::tree_attention(leaf, heads, forest(), at::kBFloat16).equal(out.to(at::kBFloat16)));
}

TEST(large_tree, is_attended_in_parts) {
    aha::token_tree large{{3, 150}, {}, {}};
    std::int64_t end = 153;
    for (std::int64_t n = 0; n < 15; ++n) {  // every third goes on, in two ways
        for (const std::int64_t size : {20 + n, 9 + n, 31 - n}) {
            const bool goes_on = size != 20 + n;
            if (goes_on && n % 3 != 0) continue;
            large.parents.push_back(goes_on ? std::ssize(large.branches) - (size == 9 + n ? 1 : 2) : -1);
            large.branches.push_back({end, size});
            end += size;
        }
    }
    const std::vector<aha::token_tree> trees{{{0, 3}, {}}, large, {{end, 4}, {{end + 4, 2}}}};
    const std::vector<aha::detail::tree_part> parts = aha::detail::parts_of(trees);
    EXPECT_GT(parts.size(), 4U);
    for (const aha::detail::tree_part& part : parts) EXPECT_GE(part.end, part.begin + 1) << part.number;
    at::manual_seed(6);
    const std::int64_t heads = 4, key_heads = 2, width = 8;
    const aha::detail::head_layout l{heads, key_heads, width};
    const at::Tensor leaf = at::randn({end + 6, heads + 2 * key_heads, width}).requires_grad_();
    const at::Tensor g = at::randn({end + 6, heads, width});
    const at::Tensor out = aha::tree_attention(leaf, heads, trees);
    torch::autograd::backward({(out * g).sum()}, {});
    const at::NoGradGuard no_gradients;
    using engine = aha::detail::plain_segments;
    const aha::detail::packed_heads h{leaf, l};
    const aha::detail::tree_segments segments{trees, at::kCPU};
    const aha::detail::attended a = aha::detail::attend_segments<engine>(h.q, h.k, h.v, segments);
    EXPECT_EQ((tolerance{2e-6, 2e-6}.excess(a.out, out)), "");
    const auto r = aha::detail::attend_segments_backward<engine>(g, h.q, h.k, h.v, a, segments);
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(at::cat({r.q, r.k, r.v}, 1), leaf.grad())), "");
}

TEST(trees, that_do_not_make_up_the_row_are_a_sentence) {
    const at::Tensor qkv = at::zeros({6, 3, 4});
    const auto said = [&](const std::vector<aha::token_tree>& trees) {
        return aha::test::complaint([&] { aha::tree_attention(qkv, 1, trees); });
    };
    EXPECT_EQ(said({{{0, 2}, {{2, 2}, {4, 2}}, {-1, 0}}}), "no complaint");
    EXPECT_EQ(said({{{0, 2}, {{2, 2}}}}), "the trees of a packed row end at row 4 of 6");
    EXPECT_EQ(said({{{0, 2}, {}}, {{3, 3}, {}}}), "a tree of a packed row begins at row 3, not at 2");
    EXPECT_EQ(said({{{0, 2}, {{2, 2}, {3, 3}}}}), "branch 1 of a tree begins at 3, not at 4");
    EXPECT_EQ(said({{{0, 2}, {{2, 2}, {4, 2}}, {-1}}}), "a tree has 2 branches and the parents of 1");
    EXPECT_EQ(said({{{0, 2}, {{2, 2}, {4, 2}}, {-1, 1}}}),
              "branch 1 of a tree continues 1, which is not on the path of the branch before it");
    EXPECT_EQ(said({{{0, 2}, {{2, 1}, {3, 1}, {4, 2}}, {-1, -1, 0}}}),
              "branch 2 of a tree continues 0, which is not on the path of the branch before it");
}

TEST_P(attention, in_passes_over_segments_equals_the_kernels) {  // what GPUs do, with the plain engine
    const std::int64_t heads = std::get<0>(GetParam()), key_heads = std::get<1>(GetParam()),
                       width = std::get<2>(GetParam());
    at::manual_seed(5);
    const aha::detail::head_layout l{heads, key_heads, width};
    const at::Tensor leaf = at::randn({forest_tokens, heads + 2 * key_heads, width}).requires_grad_();
    const at::Tensor g = at::randn({forest_tokens, heads, width});
    const at::Tensor out = aha::tree_attention(leaf, heads, forest());
    torch::autograd::backward({(out * g).sum()}, {});
    const at::NoGradGuard no_gradients;
    using engine = aha::detail::plain_segments;
    const aha::detail::packed_heads h{leaf, l};
    const aha::detail::tree_segments segments{forest(), at::kCPU};
    const aha::detail::attended a = aha::detail::attend_segments<engine>(h.q, h.k, h.v, segments);
    EXPECT_EQ((tolerance{2e-6, 2e-6}.excess(a.out, out)), "");
    const auto r = aha::detail::attend_segments_backward<engine>(g, h.q, h.k, h.v, a, segments);
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(at::cat({r.q, r.k, r.v}, 1), leaf.grad())), "");
}

TEST_P(attention, decoding_equals_the_last_token_of_a_packed_row) {
    const std::int64_t heads = std::get<0>(GetParam()), key_heads = std::get<1>(GetParam()),
                       width = std::get<2>(GetParam());
    at::manual_seed(6);
    const at::NoGradGuard no_gradients;
    const std::int64_t all = heads + 2 * key_heads, prefix = 9, prompt = 18, steps = 35;
    // One prompt of `prefix + prompt` tokens with three completions; and a prompt without a prefix with one, which
    // started two steps later.
    const at::Tensor shared = at::randn({prefix + prompt, all, width}), other = at::randn({4, all, width});
    const at::Tensor own = at::randn({4, steps, all, width});
    const auto kv = [&](const at::Tensor& rows) {
        return aha::shared_keys{rows.narrow(1, heads, key_heads), rows.narrow(1, heads + key_heads, key_heads)};
    };
    aha::key_value_cache cache, twin;
    for (aha::key_value_cache* c : {&cache, &twin}) {
        c->prefixes = {kv(shared.narrow(0, 0, prefix)), kv(other.narrow(0, 0, 0))};
        c->prompts = {kv(shared.narrow(0, prefix, prompt)), kv(other)};
    }
    for (std::int64_t t = 0; t < steps; ++t) {
        aha::decode_batch batch{{0, 0, 0}, {0, 0, 0}, {2, 0, 1}, {t, t, t}, {}};
        std::vector<at::Tensor> rows{own[0][t], own[1][t], own[2][t]};
        if (t >= 2) {
            batch.prefix.push_back(1), batch.prompt.push_back(1), batch.slot.push_back(3), batch.own.push_back(t - 2);
            rows.push_back(own[3][t - 2]);
        }
        for (aha::key_value_cache* c : {&cache, &twin})
            c->reserve(4, t + 1, key_heads, width, at::TensorOptions{}.dtype(at::kFloat));
        const at::Tensor qkv = at::stack(rows);
        const at::Tensor out = aha::decode_attention(qkv, heads, cache, batch);
        const auto expected = [&](const at::Tensor& before, std::int64_t row, std::int64_t length) {
            const at::Tensor path = at::cat({before, own[row].narrow(0, 0, length)});
            return aha::tree_attention(path, heads, {{{0, path.size(0)}, {}}})[path.size(0) - 1];
        };
        for (std::int64_t row = 0; row < 3; ++row)
            EXPECT_EQ((tolerance{2e-6, 2e-6}.excess(out[row], expected(shared, row, t + 1))), "") << "step " << t;
        if (t >= 2) {
            EXPECT_EQ((tolerance{2e-6, 2e-6}.excess(out[3], expected(other, 3, t - 1))), "") << "step " << t;
        }
        const at::Tensor composed = aha::detail::composed_decode_attention(qkv, {heads, key_heads, width}, twin, batch);
        EXPECT_EQ((tolerance{2e-6, 2e-6}.excess(composed, out)), "") << "step " << t;
    }
}

INSTANTIATE_TEST_SUITE_P(shapes, attention,
                         testing::Values(std::tuple{4, 2, 32}, std::tuple{3, 1, 64}, std::tuple{2, 2, 20}),
                         [](const auto& instance) {
                             return std::to_string(std::get<0>(instance.param)) + "_over_" +
                                    std::to_string(std::get<1>(instance.param)) + "_wide_" +
                                    std::to_string(std::get<2>(instance.param));
                         });

/// A leaf with a gradient to add to.
at::Tensor leaf_of(const at::Tensor& values) {
    at::Tensor leaf = values.clone().requires_grad_();
    leaf.mutable_grad() = at::zeros_like(values);
    return leaf;
}

TEST(rotary_table, computes_the_angles_of_a_position_when_they_are_asked_for) {
    const aha::rotary_shape shape{.head_dim = 8, .theta = 10000.0, .scaling = {}, .context = 1 << 30};
    const aha::rotary_table whole{shape, 5000, at::kFloat}, asked{shape, 5000, at::kFloat},
        vast{shape, std::int64_t{1} << 40, at::kFloat};
    EXPECT_EQ(vast.length(), std::int64_t{1} << 40);
    const aha::rotary_table::angles all = whole.all();
    for (const std::int64_t rows : {1, 2048, 2049, 4999, 3, 5000}) {
        const aha::rotary_table::angles some = asked.up_to(rows), same = vast.up_to(rows);
        ASSERT_GE(some.cosine.size(0), rows);
        EXPECT_TRUE(at::equal(some.cosine.narrow(0, 0, rows), all.cosine.narrow(0, 0, rows))) << rows;
        EXPECT_TRUE(at::equal(same.sine.narrow(0, 0, rows), all.sine.narrow(0, 0, rows))) << rows;
    }
    EXPECT_LT(vast.up_to(1).cosine.size(0), 20000);
    EXPECT_THROW(asked.up_to(5001), aha::error);
    EXPECT_THROW(vast.up_to(std::int64_t{1} << 40), aha::error);  // more than memory holds
}

TEST(rotary, adds_the_bias_turns_the_first_heads_and_copies_the_others) {
    at::manual_seed(7);
    const aha::rotary_table table{
        {.head_dim = 8, .theta = 10000.0, .scaling = {}, .context = 16}, 16, at::TensorOptions{}.dtype(at::kFloat)};
    const at::Tensor positions = at::tensor({0, 3, 15}, at::kLong);
    const at::Tensor x = at::randn({3, 5, 8}).requires_grad_(), bias = leaf_of(at::randn({40})),
                     probe = at::randn({3, 5, 8});
    const at::Tensor y = aha::rotary(x, positions, table, 3, bias);
    const at::Tensor exact_x = x.detach().clone().requires_grad_(), exact_bias = leaf_of(bias.detach());
    const at::Tensor wide = exact_x + exact_bias.view({5, 8});
    const at::Tensor c = table.all().cosine.index_select(0, positions).unsqueeze(1),
                     s = table.all().sine.index_select(0, positions).unsqueeze(1);
    const at::Tensor a = wide.narrow(1, 0, 3).narrow(2, 0, 4), b = wide.narrow(1, 0, 3).narrow(2, 4, 4);
    const at::Tensor exact = at::cat({at::cat({a * c - b * s, b * c + a * s}, 2), wide.narrow(1, 3, 2)}, 1);
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(y, exact)), "");
    torch::autograd::backward({(y * probe).sum(), (exact * probe).sum()}, {});
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(x.grad(), exact_x.grad())), "");
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(bias.grad(), exact_bias.grad())), "");
}

TEST(gated_linear, equals_silu_times_up_through_the_weight) {
    at::manual_seed(8);
    const at::Tensor x = at::randn({7, 48}).requires_grad_(), weight = leaf_of(at::randn({10, 24})),
                     probe = at::randn({7, 10});
    const at::Tensor y = aha::gated_linear(x, {weight, weight.detach()});
    const at::Tensor exact_x = x.detach().to(at::kDouble).requires_grad_(),
                     exact_weight = leaf_of(weight.detach().to(at::kDouble));
    const at::Tensor exact = at::mm(at::silu(exact_x.narrow(1, 0, 24)) * exact_x.narrow(1, 24, 24), exact_weight.t());
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(y, exact)), "");
    torch::autograd::backward({(y * probe).sum(), (exact * probe).sum()}, {});
    EXPECT_EQ((tolerance{2e-5, 2e-5}.excess(x.grad(), exact_x.grad())), "");
    EXPECT_EQ((tolerance{2e-5, 2e-5}.excess(weight.grad(), exact_weight.grad())), "");
}

TEST(residual_norm, equals_the_sum_and_its_norm_in_value_and_gradient) {
    at::manual_seed(9);
    const at::Tensor x = at::randn({5, 24}).requires_grad_(), delta = at::randn({5, 24}).requires_grad_();
    const at::Tensor weight = leaf_of(at::randn({24})), probe = at::randn({2, 5, 24});
    const aha::residual r = aha::residual_norm(x, delta, weight, 1e-5);
    const at::Tensor ex = x.detach().to(at::kDouble).requires_grad_(),
                     ed = delta.detach().to(at::kDouble).requires_grad_();
    const at::Tensor ew = leaf_of(weight.detach().to(at::kDouble)), sum = ex + ed;
    const at::Tensor normed = sum * at::rsqrt((sum * sum).mean(-1, true) + 1e-5) * ew;
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(r.stream, sum)), "");
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(r.normalized, normed)), "");
    torch::autograd::backward(
        {(r.stream * probe[0] + r.normalized * probe[1]).sum(), (sum * probe[0] + normed * probe[1]).sum()}, {});
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(x.grad(), ex.grad())), "");
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(delta.grad(), ed.grad())), "");
    EXPECT_EQ((tolerance{1e-5, 1e-5}.excess(weight.grad(), ew.grad())), "");
}

TEST(checkpointed, gives_the_values_and_gradients_of_what_it_wraps) {
    at::manual_seed(10);
    const at::Tensor weight = leaf_of(at::randn({24, 24})), norm = leaf_of(at::ones({24}));
    const auto through = [&](const aha::residual& in) {
        return aha::residual_norm(in.stream, aha::linear(in.normalized, {weight, weight.detach()}), norm, 1e-5);
    };
    const auto run = [&](bool wrap) {
        weight.mutable_grad().zero_();
        norm.mutable_grad().zero_();
        at::manual_seed(11);
        const at::Tensor x = at::randn({5, 24}).requires_grad_();
        aha::residual r{x, x * 2};
        for (int n = 0; n < 3; ++n) r = wrap ? aha::checkpointed(through, r) : through(r);
        torch::autograd::backward({r.normalized.square().sum()}, {});
        return std::vector{r.normalized.detach(), x.grad(), weight.grad().clone(), norm.grad().clone()};
    };
    const std::vector<at::Tensor> plain = run(false), wrapped = run(true);
    for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_TRUE(plain[i].equal(wrapped[i])) << i;
}

}  // namespace
