#include <ATen/ATen.h>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <aha/pretrained/safetensors.hpp>
#include <aha/pretrained/weights.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <aha/train/reward_trainer.hpp>

// Scores, gradients and steps of a reward model equal those of transformers and of TRL's RewardTrainer, as
// tests/golden/make_reward_model_golden.py wrote them: padded there, packed here.
namespace {

using tiny = aha::decoder<aha::cpu<float>>;
using scoring = aha::reward_model<tiny>;

const std::filesystem::path data{AHA_TEST_DATA};

nlohmann::json golden() { return nlohmann::json::parse(std::ifstream{data / "train" / "data" / "reward_model.json"}); }

/// The body of decoder_llama with the head of reward_llama.
scoring loaded() {
    const aha::weight_source source{data / "model" / "data" / "decoder_llama"};
    tiny body{source.config()};
    aha::load_weights(body, source);
    scoring model{std::move(body)};
    const aha::safetensors_file file{data / "model" / "data" / "reward_llama" / "model.safetensors"};
    const at::NoGradGuard no_gradients;
    model.head().weights()[0].copy_(file.tensor(aha::scalar_head::name));
    return model;
}

std::vector<aha::preference_pair> pairs_of(const nlohmann::json& list, bool margins) {
    std::vector<aha::preference_pair> all;
    for (const nlohmann::json& one : list)
        all.push_back({std::ssize(all), one.at("chosen_ids").get<std::vector<aha::token_id>>(),
                       one.at("rejected_ids").get<std::vector<aha::token_id>>(),
                       margins ? one.at("margin").get<double>() : 0.0});
    return all;
}

std::vector<aha::labeled_text> texts_of(const nlohmann::json& from) {
    std::vector<aha::labeled_text> all;
    for (std::size_t i = 0; i < from.at("texts").size(); ++i)
        all.push_back({static_cast<std::int64_t>(i), from.at("texts")[i].get<std::vector<aha::token_id>>(),
                       from.at("labels")[i].get<double>()});
    return all;
}

void expect_scores(const scoring& model, const nlohmann::json& from, const std::string& key, double tolerance) {
    std::vector<aha::text_group> groups;
    const auto texts = texts_of(from);
    for (const auto& one : texts) groups.push_back({one.ids});
    const at::NoGradGuard no_gradients;
    const at::Tensor scores = model.scores(aha::pack_texts(groups));
    const auto expected = from.at(key).get<std::vector<double>>();
    ASSERT_EQ(scores.numel(), std::ssize(expected));
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(scores[static_cast<std::int64_t>(i)].item<double>(), expected[i], tolerance) << key << " " << i;
}

void expect_gradient_norms(const scoring& model, const nlohmann::json& norms) {
    const auto near = [&](const at::Tensor& gradient, const std::string& name) {
        const double expected = norms.at(name).get<double>();
        EXPECT_NEAR(gradient.norm().item<double>(), expected, 1e-4 * expected + 1e-6) << name;
    };
    std::size_t compared = 1;
    near(model.head().weights()[0].grad(), aha::scalar_head::name);
    const aha::parameters& weights = model.body().weights();
    for (const aha::weight_part& part : tiny::parts(model.body().config())) {
        const at::Tensor gradient = weights[part.slot].grad().narrow(0, part.row, part.rows);
        if (part.name == "lm_head.weight") {
            EXPECT_EQ(gradient.norm().item<double>(), 0);
            continue;
        }
        near(gradient, part.name);
        ++compared;
    }
    EXPECT_EQ(compared, norms.size());
}

template <class Record, class Loss>
aha::reward_metrics accumulate(const scoring& model, const Loss& loss, const std::vector<Record>& records) {
    std::vector<const Record*> all;
    for (const Record& one : records) all.push_back(&one);
    return aha::accumulate_reward_gradient(model, loss, std::span<const Record* const>{all}, 4096);
}

TEST(reward_trainer_golden, scores_are_those_of_transformers) { expect_scores(loaded(), golden(), "scores", 1e-4); }

TEST(reward_trainer_golden, pointwise_loss_and_gradients_are_those_of_transformers) {
    const nlohmann::json from = golden();
    const scoring model = loaded();
    const aha::reward_metrics figures = accumulate(model, aha::pointwise{}, texts_of(from));
    EXPECT_NEAR(figures.loss, from.at("pointwise").at("loss").get<double>(), 1e-5);
    expect_gradient_norms(model, from.at("pointwise").at("gradient_norms"));
}

TEST(reward_trainer_golden, gradients_of_a_batch_of_pairs_are_those_of_trl) {
    const nlohmann::json from = golden();
    ASSERT_EQ(from.at("cases").size(), 3U);
    for (const nlohmann::json& one : from.at("cases")) {
        const scoring model = loaded();
        auto batch = pairs_of(from.at("pairs"), one.at("margins").get<bool>());
        batch.resize(from.at("batch").get<std::size_t>());
        accumulate(model, aha::bradley_terry{{.centering = one.at("centering").get<double>()}}, batch);
        expect_gradient_norms(model, one.at("gradient_norms"));
    }
}

TEST(reward_trainer_golden, fifteen_steps_with_margins_and_centering_are_those_of_trl) {
    const nlohmann::json from = golden();
    for (const nlohmann::json& one : from.at("cases"))
        for (const std::int64_t microbatch_tokens : {4096, 40}) {
            scoring model = loaded();
            aha::reward_trainer trainer{model,
                                        pairs_of(from.at("pairs"), one.at("margins").get<bool>()),
                                        {.batch_size = from.at("batch").get<std::int64_t>(),
                                         .learning_rate = 3e-3,
                                         .shuffle = false,
                                         .microbatch_tokens = microbatch_tokens},
                                        aha::bradley_terry{{.centering = one.at("centering").get<double>()}},
                                        aha::adamw{{.weight_decay = 0.01}},
                                        aha::warmup_schedule{{.total_steps = 15, .shape = aha::decay_shape::linear}}};
            ASSERT_EQ(trainer.total_steps(), 15);
            for (const aha::step_report& step : trainer.steps())
                for (const auto& [name, value] : one.at("steps").at(static_cast<std::size_t>(step.step - 1)).items()) {
                    const double expected = value.get<double>();
                    EXPECT_NEAR(step.metric(name), expected, 3e-4 * std::max(1.0, std::abs(expected)))
                        << name << " of step " << step.step << ", centering " << one.at("centering");
                }
            nlohmann::json after = from;
            after["scores_after"] = one.at("scores_after");
            expect_scores(model, after, "scores_after", 1e-3);
        }
}

}  // namespace
