#include <aha/update/gradient_reduction.hpp>

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <aha/concepts/communicator.hpp>
#include <aha/loss/cross_entropy.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/update/supervised_gradient.hpp>
#include <tests/support/made_examples.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

/// The first of two ranks, of which the other has no gradients: it remembers what it was given and when.
struct watching_ranks {
    struct call {
        at::Tensor tensor, then;  // the gradients themselves, and what they were when the call began
    };
    std::vector<call>* calls;

    int rank() const { return 0; }
    int size() const { return 2; }
    void all_reduce(const at::Tensor& t) const { calls->push_back({t, t.clone()}); }
    aha::collective all_reduce_async(const at::Tensor& t) const {
        all_reduce(t);
        return {};
    }
    void broadcast(const at::Tensor&, int) const {}
    std::vector<std::string> all_gather(const std::string& bytes) const { return {bytes, bytes}; }
};
static_assert(aha::require_communicator<watching_ranks>());

aha::decoder<> four_layers(bool tied) {
    aha::decoder_config config = aha::test::small_config(true);
    config.layers = 4;
    config.tie_embeddings = tied;
    aha::decoder<> model{config};
    aha::initialize(model, 5, 0.1);
    return model;
}

class reduction : public testing::TestWithParam<std::tuple<bool, bool>> {};  // tied embeddings, checkpointed layers

TEST_P(reduction, BeginsABucketWhenItsGradientsAreFinalAndNotLater) {
    const auto [tied, checkpointed] = GetParam();
    aha::decoder<> model = four_layers(tied);
    model.checkpoint_activations(checkpointed);
    const std::vector<aha::supervised_example> examples = aha::test::made_examples(12);
    std::vector<const aha::supervised_example*> batch;
    for (const aha::supervised_example& one : examples) batch.push_back(&one);

    model.weights().zero_gradients();
    aha::accumulate_supervised(model, aha::cross_entropy{}, batch, 20);
    const at::Tensor expected = model.weights().gradients().clone();

    std::vector<watching_ranks::call> calls;
    const watching_ranks ranks{&calls};
    model.weights().zero_gradients();
    aha::gradient_reduction buckets{model, ranks, 1};
    aha::accumulate_supervised(model, aha::cross_entropy{}, batch, 20, 0, buckets.hook());
    EXPECT_EQ(calls.size(), 3U) << "layers 3, 2 and 1 are done before the backward pass ends";
    buckets.finish();
    ASSERT_EQ(calls.size(), 4U);
    EXPECT_TRUE(model.weights().gradients().equal(expected));
    std::int64_t end = expected.numel();
    for (const auto& [tensor, then] : calls) {
        EXPECT_TRUE(tensor.equal(then)) << "gradients changed after their bucket was given away";
        EXPECT_EQ(tensor.storage_offset() + tensor.numel(), end) << "buckets follow one another from the end";
        end = tensor.storage_offset();
    }
    EXPECT_EQ(end, 0);

    calls.clear();
    aha::accumulate_supervised(model, aha::cross_entropy{}, batch, 20);
    EXPECT_TRUE(calls.empty()) << "it goes on watching after its end";
}

INSTANTIATE_TEST_SUITE_P(models, reduction, testing::Combine(testing::Bool(), testing::Bool()));

TEST(gradient_reduction, HasTheSameBucketsWithNothingToCompute) {
    aha::decoder<> model = four_layers(true);
    std::vector<watching_ranks::call> busy, idle;
    const std::vector<aha::supervised_example> examples = aha::test::made_examples(3);
    const std::vector<const aha::supervised_example*> batch{&examples[0]};
    for (std::vector<watching_ranks::call>* calls : {&busy, &idle}) {
        const watching_ranks ranks{calls};
        aha::gradient_reduction buckets{model, ranks, 4096};
        if (calls == &busy) aha::accumulate_supervised(model, aha::cross_entropy{}, batch, 20, 0, buckets.hook());
        buckets.finish();
    }
    ASSERT_EQ(busy.size(), idle.size());
    EXPECT_GT(busy.size(), 1U);
    for (std::size_t i = 0; i < busy.size(); ++i) {
        EXPECT_EQ(busy[i].tensor.storage_offset(), idle[i].tensor.storage_offset());
        EXPECT_EQ(busy[i].tensor.numel(), idle[i].tensor.numel());
    }
}

TEST(gradient_reduction, OfAModelThatTellsNothingIsOneBucketAtTheEnd) {
    aha::testing::bandit model{{0, 1, 2}};
    std::vector<watching_ranks::call> calls;
    const watching_ranks ranks{&calls};
    aha::gradient_reduction whole{model, ranks};
    whole.hook()(0, 1);
    EXPECT_TRUE(calls.empty());
    whole.finish();
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].tensor.numel(), model.weights().gradients().numel());
}

}  // namespace
