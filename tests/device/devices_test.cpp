// What a model computes on every device and in every type, against the CPU in float32. The tests of devices that are
// absent are listed as absent.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <numeric>
#include <string>
#include <vector>

#include <aha/model/pack.hpp>
#include <aha/data/vector_prompts.hpp>
#include <aha/loss/chunked_log_probs.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/model/decoder.hpp>
#include <aha/model/initialize.hpp>
#include <aha/model/reward_model.hpp>
#include <aha/optim/adamw.hpp>
#include <aha/optim/clip_gradient_norm.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/testing/bandit.hpp>
#include <aha/testing/tolerance.hpp>
#include <aha/train/distill.hpp>
#include <aha/train/grpo.hpp>
#include <aha/update/policy_gradient.hpp>
#include <aha/train/sft.hpp>
#include <tests/support/devices.hpp>
#include <tests/support/ending_tokenizer.hpp>
#include <tests/support/made_examples.hpp>
#include <tests/support/small_decoder.hpp>

namespace {

using aha::test::ending_tokenizer;
using aha::testing::tolerance;
using reference = aha::cpu<float>;

/// Heads of a width that every engine takes; large enough weights that answers differ.
template <class Tensor>
aha::decoder<Tensor> model_on(bool qwen3 = false) {
    aha::decoder_config config = aha::test::small_config(qwen3);
    config.hidden_size = 32;
    config.intermediate_size = 48;
    config.layers = 3;
    config.head_dim = 8;
    config.context = 400;
    aha::decoder<Tensor> model{config};
    aha::initialize(model, 5, 0.15);
    return model;
}

template <class Tensor>
tolerance near(double times = 1) {
    const tolerance one = Tensor::compute_type == at::kFloat ? tolerance{1e-5, 1e-5} : tolerance{3e-2, 3e-2};
    return {one.absolute * times, one.relative * times};
}

/// Two prompts with completions of several lengths.
std::vector<std::vector<aha::token_id>> some_ids(std::initializer_list<std::size_t> lengths) {
    std::vector<std::vector<aha::token_id>> all;
    std::uint64_t n = 0;
    for (const std::size_t length : lengths) {
        std::vector<aha::token_id>& ids = all.emplace_back();
        while (ids.size() < length)
            ids.push_back(static_cast<aha::token_id>(aha::random_stream{{.seed = 9}}.below(n++, 31)));
    }
    return all;
}

template <class Tensor>
class devices : public aha::test::on_device<Tensor> {};
TYPED_TEST_SUITE(devices, aha::test::tensor_policies, aha::test::policy_names);

/// Log-probs, entropies and all gradients of a packed batch.
template <class Tensor>
struct scored {
    at::Tensor log_probs, entropies, gradients;

    explicit scored(bool qwen3, bool checkpointed = false) {
        aha::decoder<Tensor> model = model_on<Tensor>(qwen3);
        model.checkpoint_activations(checkpointed);
        const auto ids = some_ids({9, 14, 3, 40, 1, 20, 7});
        std::vector<aha::token_group> groups{{ids[0], {ids[1], ids[2], ids[3], ids[4]}}, {ids[5], {ids[6]}}};
        const aha::packed_groups packed = aha::pack_groups(groups, {.device = Tensor::device()});
        const at::Tensor hidden = model.hidden(packed.batch).index_select(0, packed.predictions.rows);
        const aha::token_log_probs scores = aha::compute_log_probs(hidden, model.head(), packed.predictions.targets,
                                                                   {.entropy = true, .chunk_bytes = 1500});
        const at::Tensor weights = at::linspace(-1, 1, scores.log_probs.numel()).to(Tensor::device());
        torch::autograd::backward({(scores.log_probs * weights).sum() + scores.entropies.sum() * 0.1}, {});
        log_probs = scores.log_probs.detach().cpu();
        entropies = scores.entropies.detach().cpu();
        gradients = model.weights().gradients().cpu();
    }
};

TYPED_TEST(devices, ScoreAndDifferentiateAsTheCpuInFloat32) {
    for (const bool qwen3 : {false, true}) {
        const scored<reference> expected{qwen3};
        for (const bool checkpointed : {false, true}) {
            const scored<TypeParam> here{qwen3, checkpointed};
            EXPECT_EQ(near<TypeParam>().excess(here.log_probs, expected.log_probs), "");
            EXPECT_EQ(near<TypeParam>().excess(here.entropies, expected.entropies), "");
            const double error = (here.gradients - expected.gradients).norm().template item<double>();
            EXPECT_LT(error / expected.gradients.norm().template item<double>(), near<TypeParam>().relative);
        }
    }
}

TYPED_TEST(devices, DecodeWhatTheyScore) {
    const aha::decoder<TypeParam> model = model_on<TypeParam>(true);
    const aha::autoregressive_sampler<ending_tokenizer> sampler{{{31}}, {.max_new_tokens = 40}};
    std::vector<aha::prompt> prompts(3);
    const auto ids = some_ids({5, 300, 17});
    for (std::size_t i = 0; i < 3; ++i) prompts[i].index = static_cast<std::int64_t>(i), prompts[i].ids = ids[i];
    std::vector<aha::rollout_group> groups = sampler.sample(model, prompts, 6, {.seed = 2});
    std::vector<aha::rollout_group> ahead = groups;
    for (aha::rollout_group& group : ahead) group.completions.assign(6, {});
    const bool can_ahead = TypeParam::device().is_cpu() || aha::has_device_kernels;
    if (can_ahead) sampler.decode_ahead(model, std::span{ahead}, 6, {.seed = 2});
    else ahead = groups;
    const at::NoGradGuard no_gradients;
    for (const std::vector<aha::rollout_group>* all : {&groups, &ahead})
        for (const aha::rollout_group& group : *all) {
            std::vector<std::span<const aha::token_id>> branches;
            std::vector<float> sampled;
            for (const aha::completion& c : group.completions) {
                branches.push_back(c.ids);
                sampled.insert(sampled.end(), c.log_probs.begin(), c.log_probs.end());
            }
            const std::vector<aha::token_group> one{{group.prompt.ids, branches}};
            const aha::packed_groups packed = aha::pack_groups(one, {.device = TypeParam::device()});
            const at::Tensor scores =
                aha::compute_log_probs(model.hidden(packed.batch).index_select(0, packed.predictions.rows),
                                       model.head(), packed.predictions.targets)
                    .log_probs;
            EXPECT_EQ(near<TypeParam>(3).excess(at::tensor(sampled), scores), "");
        }
}

TYPED_TEST(devices, DrawTheSameTokensInBothSessions) {
    if (TypeParam::compute_type != at::kFloat) return;  // in bfloat16 rounding moves the draws
    const aha::decoder<TypeParam> model = model_on<TypeParam>();
    const aha::autoregressive_sampler<ending_tokenizer> sampler{{{31}}, {.max_new_tokens = 30}, 9};
    std::vector<aha::rollout_group> groups(4);
    const auto ids = some_ids({5, 30, 17, 8});
    for (std::size_t i = 0; i < 4; ++i) {
        groups[i].prompt.index = static_cast<std::int64_t>(i), groups[i].prompt.ids = ids[i];
        groups[i].completions.resize(3);
    }
    std::vector<aha::prompt> prompts;
    for (const aha::rollout_group& group : groups) prompts.push_back(group.prompt);
    if (!TypeParam::device().is_cpu() && !aha::has_device_kernels)
        GTEST_SKIP() << "absent: this program has no kernels for GPUs (aha::cuda)";
    sampler.decode_ahead(model, std::span{groups}, 3, {.seed = 4});
    const aha::decoder<reference> twin = model_on<reference>();
    const std::vector<aha::rollout_group> expected = sampler.sample(twin, prompts, 3, {.seed = 4});
    for (std::size_t g = 0; g < 4; ++g)
        for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(groups[g].completions[c].ids, expected[g].completions[c].ids);
}

TYPED_TEST(devices, UpdateAsTheCpu) {
    const auto updated = []<class Tensor>(Tensor) {
        const aha::parameters weights{{{"matrix", {30, 40}}, {"bias", {30}, false}}, Tensor::options()};
        const at::NoGradGuard no_gradients;
        aha::adamw optimizer{{.weight_decay = 0.1}};
        double norm = 0;
        for (int step = 0; step < 5; ++step) {
            weights.gradients().copy_(at::sin(at::arange(weights.gradients().numel()) + step));
            norm = aha::clip_gradient_norm(weights, 3.0);
            optimizer.step(weights, 1e-2);
        }
        return std::pair{weights.values().cpu(), norm};
    };
    const auto [here, norm] = updated(TypeParam{});
    const auto [expected, expected_norm] = updated(reference{});
    EXPECT_EQ((tolerance{1e-6, 1e-6}.excess(here, expected)), "");
    EXPECT_NEAR(norm, expected_norm, 1e-5);
}

/// Losses of a few steps.
template <class Trainer>
std::vector<double> losses(Trainer& trainer, std::int64_t steps) {
    std::vector<double> all;
    for (std::int64_t n = 0; n < steps; ++n) all.push_back(trainer.step().metric("loss"));
    return all;
}

template <class Tensor>
std::vector<double> imitated() {
    auto model = model_on<Tensor>();
    aha::sft trainer{
        model, aha::test::made_examples(40), {.batch_size = 8, .learning_rate = 3e-3, .microbatch_tokens = 32}};
    return losses(trainer, 5);
}

template <class Tensor>
std::vector<double> distilled() {
    auto model = model_on<Tensor>();
    const auto teacher = model_on<Tensor>(true);
    aha::distill trainer{
        model,
        teacher,
        aha::test::made_examples(40),
        {.batch_size = 8, .learning_rate = 3e-3},
        aha::autoregressive_sampler{ending_tokenizer{{31}}, aha::sampling_options{.max_new_tokens = 5}}};
    return losses(trainer, 5);
}

TYPED_TEST(devices, ImitateAndDistilAsTheCpuInFloat32) {
    const double most = TypeParam::compute_type == at::kFloat ? 1e-4 : 5e-2;
    const auto compare = [&](const std::vector<double>& here, const std::vector<double>& expected) {
        ASSERT_EQ(here.size(), expected.size());
        for (std::size_t i = 0; i < here.size(); ++i) EXPECT_NEAR(here[i], expected[i], most);
    };
    compare(imitated<TypeParam>(), imitated<reference>());
    compare(distilled<TypeParam>(), distilled<reference>());
}

TYPED_TEST(devices, LearnFromRewardsAndGoOnFromACheckpoint) {
    auto model = model_on<TypeParam>();
    std::vector<aha::prompt> questions(6);
    const auto ids = some_ids({4, 6, 3, 9, 5, 4});
    for (std::size_t i = 0; i < questions.size(); ++i) questions[i].ids = ids[i];
    const auto reward = [](const aha::prompt&, const aha::completion& c) {
        return static_cast<double>(std::count_if(c.ids.begin(), c.ids.end(), [](auto id) { return id % 2 == 0; })) /
               static_cast<double>(c.ids.size());
    };
    const auto make = [&](auto& of) {
        return aha::grpo{
            of,
            aha::vector_prompts{questions, {.seed = 4}},
            reward,
            aha::grpo_options{.prompts_per_step = 6, .group_size = 8, .learning_rate = 3e-3, .seed = 2},
            aha::autoregressive_sampler{aha::testing::arm_tokenizer{31}, aha::sampling_options{.max_new_tokens = 6}},
            aha::grpo_loss{{.beta = 0.01}}};
    };
    auto trainer = make(model);
    const double first = trainer.step().metric("reward");
    for (int n = 0; n < 9; ++n) trainer.step();
    aha::state saved = trainer.save();
    for (auto& [name, tensor] : saved.tensors) tensor = tensor.clone();  // the trainer goes on with its own
    const aha::step_report next = trainer.step();
    EXPECT_GT(next.metric("reward"), first + 0.05);
    EXPECT_LT(next.metric("sampler_gap/max"), TypeParam::compute_type == at::kFloat ? 1e-4 : 0.3);

    auto twin = model_on<TypeParam>();
    auto resumed = make(twin);
    resumed.load(saved);
    EXPECT_NEAR(resumed.step().metric("reward"), next.metric("reward"), TypeParam::device().is_cpu() ? 1e-9 : 0.1);
}

}  // namespace
