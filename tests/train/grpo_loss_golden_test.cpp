#include <ATen/ATen.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/csrc/autograd/autograd.h>

#include <aha/core/pack.hpp>
#include <aha/loss/aggregation/constant_length.hpp>
#include <aha/loss/aggregation/sequence_mean.hpp>
#include <aha/loss/aggregation/token_mean.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/model/decoder.hpp>
#include <aha/model/files/weights.hpp>
#include <aha/train/policy_gradient.hpp>

/// Against TRL's own trainer (tests/golden/make_grpo_loss_golden.py): padded there, packed here.
namespace {

using tiny = aha::decoder<aha::cpu<float>>;
using aggregation = std::function<std::vector<double>(std::span<const std::int64_t>)>;

const std::filesystem::path data{AHA_TEST_DATA};
constexpr double near = 1e-5;

tiny loaded() {
    const aha::weight_source source{data / "model" / "data" / "decoder_llama"};
    tiny model{source.config()};
    const at::NoGradGuard no_gradients;
    for (const aha::weight_part& part : tiny::parts(model.config()))
        model.weights()[part.slot].narrow(0, part.row, part.rows).copy_(source.load(part.name));
    model.refresh();
    return model;
}

const nlohmann::json& golden() {
    static const nlohmann::json all = nlohmann::json::parse(std::ifstream{data / "train" / "data" / "grpo_loss.json"});
    return all;
}

at::Tensor numbers(const nlohmann::json& list) { return at::tensor(list.get<std::vector<float>>()); }

/// The weights our aggregation gives to what TRL calls `loss_type`.
aggregation named(const std::string& loss_type) {
    if (loss_type == "grpo") return aha::sequence_mean{};
    if (loss_type == "dapo") return aha::token_mean{};
    EXPECT_EQ(loss_type, "dr_grpo");
    return aha::constant_length{golden().at("budget").get<std::int64_t>()};
}

class grpo_loss_golden : public testing::TestWithParam<std::size_t> {};

TEST_P(grpo_loss_golden, loss_metrics_and_gradients_are_those_of_trl) {
    const nlohmann::json& expected = golden().at("cases").at(GetParam());
    const tiny model = loaded();
    const auto prompts = golden().at("prompts").get<std::vector<std::vector<aha::token_id>>>();
    const auto completions = golden().at("completions").get<std::vector<std::vector<aha::token_id>>>();
    const auto advantages = golden().at("advantages").get<std::vector<float>>();
    std::vector<aha::token_group> groups;
    for (std::size_t i = 0; i < prompts.size(); ++i)
        groups.push_back({prompts[i], {completions[2 * i], completions[2 * i + 1]}});

    std::vector<std::int64_t> lengths;
    for (const auto& ids : completions) lengths.push_back(static_cast<std::int64_t>(ids.size()));
    const std::vector<double> weights = named(expected.at("loss_type"))(lengths);
    std::vector<at::Tensor> token_weights, token_advantages;
    for (std::size_t i = 0; i < completions.size(); ++i) {
        token_weights.push_back(at::full({lengths[i]}, weights[i], at::kFloat));
        token_advantages.push_back(at::full({lengths[i]}, advantages[i], at::kFloat));
    }
    const aha::grpo_loss loss{{.clip_low = golden().at("clip_low").get<double>(),
                               .clip_high = golden().at("clip_high").get<double>(),
                               .beta = expected.at("beta").get<double>(),
                               .unbiased_kl = expected.at("unbiased_kl").get<bool>()}};

    model.weights().zero_gradients();
    aha::policy_batch batch;
    batch.log_probs = aha::item_log_probs(model, aha::pack_groups(groups), expected.at("temperature").get<double>());
    ASSERT_LT((batch.log_probs - numbers(expected.at("log_probs"))).abs().max().item<double>(), 2 * near);
    batch.old_log_probs = numbers(expected.at("old_log_probs"));
    if (loss.needs_reference()) batch.ref_log_probs = numbers(expected.at("ref_log_probs"));
    batch.advantages = at::cat(token_advantages);
    batch.weights = at::cat(token_weights);
    const aha::loss_output output = loss(batch);
    torch::autograd::backward({output.loss}, {});

    EXPECT_NEAR(output.loss.item<double>(), expected.at("loss").get<double>(), near);
    const double tokens = static_cast<double>(batch.log_probs.numel());
    EXPECT_EQ(output.sums.contains("kl"), loss.needs_reference());
    for (const auto& [name, sum] : output.sums) {
        const double wanted = expected.at("metrics").at(name).get<double>();
        EXPECT_NEAR(sum.item<double>() / tokens, wanted, near) << name;
        EXPECT_GT(wanted, 0) << "the batch does not exercise " << name;
    }
    std::size_t compared = 0;
    for (const aha::weight_part& part : tiny::parts(model.config())) {
        const at::Tensor gradient = model.weights()[part.slot].grad().narrow(0, part.row, part.rows);
        const nlohmann::json& wanted = expected.at("gradients").at(part.name);
        const double norm = wanted.at("norm").get<double>();
        EXPECT_GT(norm, 0) << part.name;
        EXPECT_NEAR(gradient.norm().item<double>(), norm, near * (1 + norm)) << part.name;
        const at::Tensor flat = gradient.flatten();
        for (const auto& [place, value] : wanted.at("entries").get<std::vector<std::pair<std::int64_t, double>>>())
            EXPECT_NEAR(flat[place].item<double>(), value, near) << part.name << " at " << place;
        if (const auto whole = expected.at("whole_gradients").find(part.name);
            whole != expected.at("whole_gradients").end()) {
            EXPECT_LT((flat - numbers(*whole)).abs().max().item<double>(), near) << part.name;
        }
        ++compared;
    }
    EXPECT_EQ(compared, expected.at("gradients").size());
}

INSTANTIATE_TEST_SUITE_P(cases, grpo_loss_golden, testing::Range(std::size_t{0}, golden().at("cases").size()),
                         [](const auto& instance) {
                             const nlohmann::json& one = golden().at("cases").at(instance.param);
                             return one.at("loss_type").get<std::string>() +
                                    (one.at("beta") == 0     ? ""
                                     : one.at("unbiased_kl") ? "_unbiased_kl"
                                                             : "_kl") +
                                    (one.at("temperature") == 1 ? "" : "_cooler");
                         });

}  // namespace
