#include <ATen/ATen.h>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <aha/loss/preference/dpo_loss.hpp>
#include <aha/loss/preference/ipo_loss.hpp>
#include <aha/loss/preference/length_normalized_dpo_loss.hpp>
#include <aha/loss/preference/robust_dpo_loss.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <aha/train/dpo.hpp>

// Two epochs of steps equal those of TRL's DPOTrainer, as tests/golden/make_dpo_golden.py wrote them: padded there,
// each side with a prompt of its own; packed here.
namespace {

using tiny = aha::decoder<aha::cpu<float>>;

const std::filesystem::path data{AHA_TEST_DATA};

tiny loaded() { return aha::load_bare_decoder(data / "model" / "data" / "decoder_llama"); }

nlohmann::json golden() { return nlohmann::json::parse(std::ifstream{data / "train" / "data" / "dpo.json"}); }

std::vector<aha::preference_pair> pairs_of(const nlohmann::json& list) {
    std::vector<aha::preference_pair> all;
    for (const nlohmann::json& one : list) {
        const auto prompt = one.at("prompt_ids").get<std::vector<aha::token_id>>();
        aha::preference_pair pair{std::ssize(all), prompt, prompt};
        pair.prompt_tokens = std::ssize(prompt);
        for (auto [side, key] : {std::pair{&pair.chosen, "chosen_ids"}, std::pair{&pair.rejected, "rejected_ids"}}) {
            const auto ids = one.at(key).get<std::vector<aha::token_id>>();
            side->insert(side->end(), ids.begin(), ids.end());
        }
        all.push_back(pair);
    }
    return all;
}

/// @param rewards_too whether TRL's metrics are of the rewards that the loss takes: of `ipo` and `sigmoid_norm` they
/// are of whole completions, though the loss takes means over tokens
/// @param steps of the case's that are compared
template <class Loss>
void follows_trl(std::size_t number, const std::string& loss_type, const Loss& loss, bool rewards_too,
                 std::size_t steps = 16) {
    const nlohmann::json from = golden();
    const nlohmann::json& one = from.at("cases").at(number);
    ASSERT_EQ(one.at("loss_type"), loss_type);
    ASSERT_EQ(one.at("steps").size(), 16U);
    for (const std::int64_t microbatch_tokens : {4096, 40}) {
        tiny model = loaded();
        aha::dpo trainer{model,
                         pairs_of(from.at("pairs")),
                         {.batch_size = from.at("batch").get<std::int64_t>(),
                          .learning_rate = 3e-3,
                          .epochs = 2,
                          .shuffle = false,
                          .microbatch_tokens = microbatch_tokens},
                         loss,
                         aha::adamw{{.weight_decay = 0.01}}};
        ASSERT_EQ(trainer.total_steps(), 16);
        for (std::size_t n = 0; n < steps; ++n) {
            const aha::step_report step = trainer.step();
            for (const auto& [name, value] : one.at("steps").at(n).items()) {
                if (!rewards_too && name.starts_with("rewards/")) continue;
                const double expected = value.template get<double>();
                EXPECT_NEAR(step.metric(name), expected, 1e-3 * std::max(1.0, std::abs(expected)))
                    << name << " of step " << step.step << " of " << loss_type;
            }
        }
    }
}

TEST(dpo_golden, steps_are_those_of_trl) { follows_trl(0, "sigmoid", aha::dpo_loss{}, true); }

TEST(dpo_golden, smoothed_labels_are_ignored_by_trl_and_not_here) {
    const nlohmann::json cases = golden().at("cases");
    ASSERT_EQ(cases.at(1).at("label_smoothing"), 0.3);
    EXPECT_EQ(cases.at(1).at("steps"), cases.at(0).at("steps"));
    tiny model = loaded();
    aha::dpo trainer{model,
                     pairs_of(golden().at("pairs")),
                     {.batch_size = 4, .learning_rate = 3e-3, .shuffle = false},
                     aha::dpo_loss{{.label_smoothing = 0.3}}};
    trainer.step();
    EXPECT_GT(std::abs(trainer.step().metric("loss") - cases.at(1).at("steps").at(1).at("loss").get<double>()), 1e-3);
}

TEST(dpo_golden, steps_with_the_robust_loss_are_those_of_trl) {
    follows_trl(2, "robust", aha::robust_dpo_loss{{.beta = 0.5, .flip_rate = 0.2}}, true);
}

TEST(dpo_golden, steps_with_ipo_are_those_of_trl) { follows_trl(3, "ipo", aha::ipo_loss{{.beta = 0.1}}, false); }

TEST(dpo_golden, steps_with_normalized_lengths_are_those_of_trl) {
    follows_trl(4, "sigmoid_norm", aha::length_normalized_dpo_loss{{.beta = 5}}, false);
}

}  // namespace
