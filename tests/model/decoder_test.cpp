#include <ATen/ATen.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/csrc/autograd/autograd.h>

#include <aha/model/pack.hpp>
#include <aha/model/decoder.hpp>
#include <aha/pretrained/weights.hpp>

namespace {

using tiny = aha::decoder<aha::cpu<float>>;

std::filesystem::path folder(const std::string& architecture) {
    return std::filesystem::path{AHA_TEST_DATA} / "model" / "data" / ("decoder_" + architecture);
}

template <class Model = tiny>
Model loaded(const std::string& architecture) {
    const aha::weight_source source{folder(architecture)};
    Model model{source.config()};
    const at::NoGradGuard no_gradients;
    for (const aha::weight_part& part : Model::parts(model.config()))
        model.weights()[part.slot].narrow(0, part.row, part.rows).copy_(source.load(part.name));
    model.refresh();
    return model;
}

nlohmann::json expected(const std::string& architecture) {
    return nlohmann::json::parse(std::ifstream{folder(architecture) / "expected.json"});
}

/// Log-probs of packed predictions by way of a full logits tensor: the plain definition.
template <class Model>
at::Tensor plain_log_probs(const Model& model, const aha::packed_groups& packed) {
    const at::Tensor hidden = model.hidden(packed.batch).index_select(0, packed.predictions.rows).to(at::kFloat);
    const at::Tensor logits = at::linear(hidden, model.head().weight);
    return at::log_softmax(logits, -1).gather(1, packed.predictions.targets.unsqueeze(1)).squeeze(1);
}

/// A text as one tree: its first token, and the others as a branch.
aha::packed_groups as_one_tree(std::span<const aha::token_id> ids) {
    const aha::token_group group{ids.first(1), {ids.subspan(1)}};
    return aha::pack_groups(std::span{&group, 1});
}

class decoder_golden : public testing::TestWithParam<const char*> {};

TEST_P(decoder_golden, log_probs_and_gradients_are_those_of_transformers) {
    const tiny model = loaded(GetParam());
    const nlohmann::json golden = expected(GetParam());
    const auto ids = golden["ids"].get<std::vector<aha::token_id>>();
    const std::span all{ids};
    const aha::token_group group{all.first(1), {all.subspan(1)}};
    const aha::packed_groups packed = aha::pack_groups(std::span{&group, 1});
    model.weights().zero_gradients();
    const at::Tensor log_probs = plain_log_probs(model, packed);
    const at::Tensor reference = at::tensor(golden["log_probs"].get<std::vector<float>>());
    EXPECT_LT((log_probs - reference).abs().max().item<float>(), 1e-5F);
    torch::autograd::backward({log_probs.mean().neg()}, {});
    for (const aha::weight_part& part : tiny::parts(model.config())) {
        const at::Tensor gradient = model.weights()[part.slot].grad().narrow(0, part.row, part.rows);
        const double norm = golden["gradient_norms"][part.name].get<double>();
        EXPECT_NEAR(gradient.norm().item<double>(), norm, 1e-5 * (1 + norm)) << part.name;
        EXPECT_NEAR(gradient.sum().item<double>(), golden["gradient_sums"][part.name].get<double>(), 1e-4 * (1 + norm))
            << part.name;
    }
}

TEST_P(decoder_golden, a_packed_tree_gives_what_each_path_gives_alone) {
    const tiny model = loaded(GetParam());
    const std::vector<aha::token_id> trunk{3, 14, 15, 9, 2}, a{6, 5, 35}, b{8, 9}, c{7, 9, 32, 3, 8, 4};
    const std::vector<aha::token_id> other{26, 4}, d{33, 8};
    const std::vector<aha::token_group> groups{{trunk, {a, b, c}}, {other, {d}}};
    const at::Tensor together = plain_log_probs(model, aha::pack_groups(groups));
    std::vector<at::Tensor> alone;
    for (const auto& [prefix, branch] : {std::pair{trunk, a}, {trunk, b}, {trunk, c}, {other, d}}) {
        const aha::token_group one{prefix, {branch}};
        alone.push_back(plain_log_probs(model, aha::pack_groups(std::span{&one, 1})));
    }
    EXPECT_LT((together - at::cat(alone)).abs().max().item<float>(), 2e-5F);
}

TEST_P(decoder_golden, decoding_step_by_step_gives_the_packed_hidden_states) {
    const tiny model = loaded(GetParam());
    const std::vector<std::vector<aha::token_id>> prompts{{3, 14, 15, 9, 2}, {26, 4}};
    // Two completions per prompt; the second of the first prompt leaves after two tokens, and the cache outgrows its
    // first size.
    std::vector<std::vector<aha::token_id>> own(4);
    for (int row = 0; row < 4; ++row)
        for (int t = 0; t < 40; ++t) own[row].push_back(2 + (7 * t + 13 * row) % 59);
    auto session = model.open_session(prompts, 2);
    std::vector<at::Tensor> row0{session.hidden()[0]}, row3{session.hidden()[3]};
    for (int t = 0; t < 40; ++t) {
        if (t == 2) session.keep(std::vector<std::int64_t>{0, 2, 3});
        std::vector<aha::token_id> next;
        for (const int row : {0, 1, 2, 3})
            if (t < 2 || row != 1) next.push_back(own[row][t]);
        session.advance(next);
        row0.push_back(session.hidden()[0]);
        row3.push_back(session.hidden()[session.rows() - 1]);
    }
    EXPECT_EQ(session.rows(), 3);
    const auto packed_hidden = [&](const std::vector<aha::token_id>& prompt, std::vector<aha::token_id> branch) {
        branch.push_back(2);  // pack_groups leaves a branch's last token out of the row
        const aha::token_group group{prompt, {branch}};
        const aha::packed_groups packed = aha::pack_groups(std::span{&group, 1});
        return model.hidden(packed.batch).index_select(0, packed.predictions.rows);
    };
    EXPECT_LT((at::stack(row0) - packed_hidden(prompts[0], own[0])).abs().max().item<float>(), 1e-4F);
    EXPECT_LT((at::stack(row3) - packed_hidden(prompts[1], own[3])).abs().max().item<float>(), 1e-4F);
}

TEST_P(decoder_golden, completions_that_join_a_session_later_decode_as_if_alone) {
    const tiny model = loaded(GetParam());
    const std::vector<std::vector<aha::token_id>> first{{3, 14, 15, 9, 2}, {26, 4}}, later{{7, 9, 3}};
    auto session = model.open_session(first, 2);
    auto alone = model.open_session(later, 2);
    for (int t = 0; t < 3; ++t) session.advance(std::vector<aha::token_id>{4, 5, 6, 7});
    session.keep(std::vector<std::int64_t>{1, 3});  // their places are taken
    session.admit(later, 2);
    ASSERT_EQ(session.rows(), 4);
    for (int t = 0; t < 40; ++t) {  // the cache outgrows its first size; one more of the first ones leaves
        const at::Tensor joined = session.hidden().narrow(0, session.rows() - 2, 2);
        EXPECT_LT((alone.hidden() - joined).abs().max().item<float>(), 1e-5F) << "token " << t;
        if (t == 5) session.keep(std::vector<std::int64_t>{1, 2, 3});
        std::vector<aha::token_id> ids(static_cast<std::size_t>(session.rows()), 9);
        ids[ids.size() - 2] = 2 + (7 * t) % 59;
        session.advance(ids);
        alone.advance(std::span{ids}.last(2));
    }
}

TEST_P(decoder_golden, checkpointed_layers_give_the_same_gradients) {
    tiny model = loaded(GetParam());
    const std::vector<aha::token_id> trunk{3, 14, 15, 9, 2}, a{6, 5, 35}, b{8, 9};
    const aha::token_group group{trunk, {a, b}};
    const aha::packed_groups packed = aha::pack_groups(std::span{&group, 1});
    const auto gradients = [&](bool checkpoint) {
        model.checkpoint_activations(checkpoint);
        model.weights().zero_gradients();
        torch::autograd::backward({plain_log_probs(model, packed).sum()}, {});
        return model.weights().gradients().clone();
    };
    const at::Tensor kept = gradients(false);
    EXPECT_GT(kept.norm().item<double>(), 0);
    EXPECT_TRUE(gradients(true).equal(kept));
}

TEST_P(decoder_golden, prompts_that_begin_alike_decode_as_if_alone) {
    const tiny model = loaded(GetParam());
    std::vector<std::vector<aha::token_id>> prompts(3, {3, 14, 15, 9, 2, 6, 5, 35, 8, 9});
    prompts[1].insert(prompts[1].end(), {7, 9});
    prompts[2].insert(prompts[2].end(), {32, 3, 8});
    auto together = model.open_session(prompts, 2);
    std::vector<at::Tensor> seen;
    const std::vector<aha::token_id> next{4, 4, 5, 5, 6, 6};
    for (int t = 0; t < 3; ++t) {
        seen.push_back(together.hidden());
        together.advance(next);
    }
    for (std::size_t p = 0; p < prompts.size(); ++p) {
        auto alone = model.open_session(std::span{prompts}.subspan(p, 1), 2);
        for (const at::Tensor& expected : seen) {
            const auto rows = expected.narrow(0, static_cast<std::int64_t>(2 * p), 2);
            EXPECT_LT((alone.hidden() - rows).abs().max().item<float>(), 1e-5F) << "prompt " << p;
            alone.advance(std::vector<aha::token_id>(2, next[2 * p]));
        }
    }
}

TEST_P(decoder_golden, bfloat16_products_stay_near_float32) {
    const auto model = loaded<aha::decoder<aha::cpu<aha::bfloat16>>>(GetParam());
    const nlohmann::json golden = expected(GetParam());
    const auto ids = golden["ids"].get<std::vector<aha::token_id>>();
    const aha::token_group group{std::span{ids}.first(1), {std::span{ids}.subspan(1)}};
    const at::Tensor log_probs = plain_log_probs(model, aha::pack_groups(std::span{&group, 1}));
    const at::Tensor reference = at::tensor(golden["log_probs"].get<std::vector<float>>());
    EXPECT_LT((log_probs - reference).abs().mean().item<float>(), 0.05F);
}

INSTANTIATE_TEST_SUITE_P(architectures, decoder_golden,
                         testing::Values("llama", "qwen2", "qwen3", "llama_biases", "qwen3_yarn", "llama_yarn_scales",
                                         "qwen2_linear", "llama_dynamic", "llama_longrope"),
                         [](const auto& instance) { return std::string{instance.param}; });

class long_text : public testing::TestWithParam<const char*> {};

TEST_P(long_text, beyond_the_context_of_pretraining_is_that_of_transformers) {
    const tiny model = loaded(GetParam());
    const nlohmann::json golden = expected(GetParam())["long"];
    const auto ids = golden["ids"].get<std::vector<aha::token_id>>();
    ASSERT_LE(std::ssize(ids), model.config().longest_text());
    const at::Tensor reference = at::tensor(golden["log_probs"].get<std::vector<float>>());
    EXPECT_LT((plain_log_probs(model, as_one_tree(ids)) - reference).abs().max().item<float>(), 1e-5F);
    // Beside others, before and behind it, it is the same.
    const std::span all{ids};
    const std::vector<aha::token_group> groups{
        {all.first(3), {all.first(2), all.first(4)}}, {all.first(1), {all.subspan(1)}}, {all.first(9), {all.first(2)}}};
    const at::Tensor packed = plain_log_probs(model, aha::pack_groups(groups, aha::packing_for(model)));
    EXPECT_LT((packed.narrow(0, 6, std::ssize(ids) - 1) - reference).abs().max().item<float>(), 1e-5F);
    const at::Tensor alone = plain_log_probs(model, aha::pack_groups(std::span{groups}.last(1)));
    EXPECT_LT((packed.narrow(0, packed.size(0) - 2, 2) - alone).abs().max().item<float>(), 1e-5F);
}

INSTANTIATE_TEST_SUITE_P(scalings, long_text,
                         testing::Values("llama_biases", "qwen3_yarn", "llama_yarn_scales", "qwen2_linear",
                                         "llama_dynamic", "llama_longrope"),
                         [](const auto& instance) { return std::string{instance.param}; });

TEST(decoder, angles_that_depend_on_the_length_of_a_text_bound_what_is_decoded_and_shared) {
    for (const char* scaling : {"llama_dynamic", "llama_longrope"}) {
        const tiny model = loaded(scaling);
        EXPECT_EQ(model.context(), 64);
        EXPECT_EQ(model.config().longest_text(), 128);
        const std::vector<std::vector<aha::token_id>> prompts{std::vector<aha::token_id>(64, 5)};
        EXPECT_THROW(model.open_session(prompts, 1), aha::error);
        std::vector<aha::token_id> ids(65, 5);
        ids[60] = 6;
        const std::span all{ids};
        const aha::token_group group{all.first(60), {all.subspan(60), all.first(2)}};
        EXPECT_THROW(model.hidden(aha::pack_groups(std::span{&group, 1}).batch), aha::error);
        const aha::packing apart = aha::packing_for(model);
        EXPECT_EQ(apart.share_up_to, 64);
        const aha::packed_groups packed = aha::pack_groups(std::span{&group, 1}, apart);
        EXPECT_EQ(packed.batch.trees.size(), 2U);
        EXPECT_NO_THROW(model.hidden(packed.batch));
        const aha::token_group shorter{all.first(60), {all.first(4), all.first(2)}};
        EXPECT_NO_THROW(model.hidden(aha::pack_groups(std::span{&shorter, 1}).batch));
    }
    EXPECT_EQ(loaded("qwen3_yarn").context(), 128);
}

TEST(decoder, a_completion_does_not_outgrow_the_context) {
    const tiny model = loaded("llama_dynamic");
    const std::vector<std::vector<aha::token_id>> prompts{std::vector<aha::token_id>(63, 5)};
    auto session = model.open_session(prompts, 1);
    session.advance(std::vector<aha::token_id>{4});
    EXPECT_THROW(session.advance(std::vector<aha::token_id>{4}), aha::error);
}

TEST(decoder, a_clone_has_weights_of_its_own) {
    tiny model = loaded("qwen2");
    const tiny twin = model.clone();
    const at::Tensor before = twin.weights().values().clone();
    const at::NoGradGuard no_gradients;
    model.weights().values().add_(1);
    EXPECT_TRUE(twin.weights().values().equal(before));
}

TEST(decoder, a_prompt_that_fills_the_context_is_refused) {
    const tiny model = loaded("qwen2");
    const std::vector<std::vector<aha::token_id>> prompts{std::vector<aha::token_id>(128, 5)};
    EXPECT_THROW(model.open_session(prompts, 2), aha::error);
}

}  // namespace
