#include <aha/model/weight_store.hpp>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <vector>

#include <aha/kernels/releasable_buffer.hpp>
#include <tests/support/complaint.hpp>

namespace {

/// Three ranks in one process, of which each has the same gradients.
aha::shard_collectives as_rank(int rank) {
    return {.rank = rank,
            .size = 3,
            .gather = [](const at::Tensor&, const at::Tensor&) { return aha::collective{}; },
            .sum_parts =
                [rank](const at::Tensor& whole, const at::Tensor& part) {
                    part.copy_(whole.view({3, -1})[rank] * 3);
                    return aha::collective{};
                }};
}

/// An embedding, two layers of a matrix and a bias, a norm.
aha::parameters some_weights() {
    aha::parameters all{{{"embedding", {5, 7}},
                         {"first.matrix", {9, 11}},
                         {"first.bias", {9}, false},
                         {"second.matrix", {9, 11}},
                         {"second.bias", {9}, false},
                         {"norm", {7}, false}},
                        at::TensorOptions{at::kFloat}};
    const at::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i].copy_(at::arange(all[i].numel()).view(all[i].sizes()) + 1000 * static_cast<double>(i));
    return all;
}
const std::vector<std::vector<std::size_t>> layers{{1, 2}, {3, 4}};

TEST(weight_shards, MakeTheWholeTogether) {
    const aha::parameters whole = some_weights();
    at::Tensor rebuilt = at::full_like(whole.values(), -1);
    std::int64_t held = 0;
    for (int rank = 0; rank < 3; ++rank) {
        const aha::parameters copy = some_weights();
        const aha::weight_shards shares{copy, layers, as_rank(rank)};
        held += shares.own().values().numel();
        EXPECT_LT(shares.own().values().numel(), whole.values().numel() / 2);
        EXPECT_TRUE(shares.shard_of(whole.values()).equal(shares.own().values()));
        for (std::size_t i = 0; i < shares.own().size(); ++i) EXPECT_EQ(shares.own().at(i).shape.size(), 1U);
        const at::Tensor& own = shares.own().values();
        for (const float x : std::vector<float>(own.const_data_ptr<float>(), own.const_data_ptr<float>() + own.numel()))
            if (x != 0) {  // each value belongs to one rank
                const at::Tensor at = (whole.values() == x).nonzero();
                ASSERT_EQ(at.numel(), 1);
                EXPECT_EQ(rebuilt[at.item<std::int64_t>()].item<float>(), -1);
                rebuilt[at.item<std::int64_t>()] = x;
            }
    }
    EXPECT_TRUE((rebuilt.eq(whole.values()) | whole.values().eq(0)).all().item<bool>());
    EXPECT_LT(held, whole.values().numel() + 3 * 3 * 16 * 2) << "padding: 16 numbers a rank and unit, and a parameter";
}

TEST(weight_shards, HaveALayersGradientsWholeOnlyWhileTheBackwardPassIsInIt) {
    const aha::parameters whole = some_weights();
    aha::weight_shards shares{whole, layers, as_rank(1)};
    const auto bytes = [&](std::size_t slot) { return whole[slot].grad().storage().nbytes(); };
    shares.zero_gradients();
    EXPECT_EQ(bytes(1), 0U);
    EXPECT_EQ(bytes(3), 0U);
    EXPECT_GT(bytes(0), 0U) << "what is in no layer has its gradients to the end of the step";
    for (int pass = 1; pass <= 2; ++pass) {
        shares.open(1);
        EXPECT_GT(bytes(3), 0U);
        whole[3].grad().add_(at::arange(99).view({9, 11}));
        whole[4].grad().add_(5);
        shares.close(1);
        shares.open(0);
        EXPECT_GT(bytes(1), 0U);
        shares.close(0);
        EXPECT_EQ(bytes(3), 0U);
    }
    whole[5].grad().add_(2);
    shares.finish_gradients();
    EXPECT_EQ(bytes(1), 0U);
    at::Tensor expected = at::zeros_like(whole.values());  // two passes, three ranks
    expected.narrow(0, whole.offset(3), 99).copy_(at::arange(99) * 6);
    expected.narrow(0, whole.offset(4), 9).fill_(30);
    expected.narrow(0, whole.offset(5), 7).fill_(6);
    EXPECT_TRUE(shares.own().gradients().equal(shares.shard_of(expected)));
    shares.zero_gradients();
    EXPECT_EQ(shares.own().gradients().abs().sum().item<float>(), 0);
    EXPECT_THAT(aha::test::complaint([&] { shares.shard_of(at::zeros({4})); }), testing::HasSubstr("4 numbers"));
}

TEST(releasable_buffer, IsSeenByViewsThatWereMadeWhileItWasHeld) {
    const aha::releasable_buffer memory{12, at::TensorOptions{at::kFloat}};
    const at::Tensor view = memory.tensor().narrow(0, 4, 6).view({2, 3});
    memory.release();
    EXPECT_FALSE(memory.held());
    EXPECT_EQ(view.storage().nbytes(), 0U);
    memory.hold();
    memory.tensor().copy_(at::arange(12));
    EXPECT_TRUE(view.equal(at::arange(4, 10).view({2, 3}).to(at::kFloat)));
}

}  // namespace
