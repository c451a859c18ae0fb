#include <ATen/ATen.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <torch/csrc/autograd/autograd.h>

#include <aha/model/pack.hpp>
#include <aha/loss/aggregation/constant_length.hpp>
#include <aha/loss/aggregation/sequence_mean.hpp>
#include <aha/loss/aggregation/token_mean.hpp>
#include <aha/loss/cispo_loss.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/loss/gspo_loss.hpp>
#include <aha/loss/gspo_token_loss.hpp>
#include <aha/loss/off_policy_sequence_mask.hpp>
#include <aha/loss/sapo_loss.hpp>
#include <aha/loss/sequence_ratio_loss.hpp>
#include <aha/loss/vespo_loss.hpp>
#include <aha/model/decoder.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <aha/pretrained/weights.hpp>
#include <aha/update/policy_gradient.hpp>

/// Against TRL's own trainers (tests/golden/make_grpo_loss_golden.py): padded there, packed here.
namespace {

using tiny = aha::decoder<aha::cpu<float>>;
using aggregation = std::function<std::vector<double>(std::span<const std::int64_t>)>;
using any_loss = std::function<aha::loss_output(const aha::policy_batch&)>;

const std::filesystem::path data{AHA_TEST_DATA};
constexpr double near = 1e-5;

tiny loaded() { return aha::load_bare_decoder(data / "model" / "data" / "decoder_llama"); }

const nlohmann::json& golden() {
    static const nlohmann::json all = nlohmann::json::parse(std::ifstream{data / "train" / "data" / "grpo_loss.json"});
    return all;
}

at::Tensor numbers(const nlohmann::json& list) { return at::tensor(list.get<std::vector<float>>()); }

/// The weights our aggregation gives to what TRL calls `loss_type`.
aggregation named(const std::string& loss_type) {
    if (loss_type == "grpo" || loss_type == "sapo") return aha::sequence_mean{};
    if (loss_type == "dapo" || loss_type == "cispo" || loss_type == "vespo") return aha::token_mean{};
    if (loss_type == "luspo") return aha::constant_length{1};  // a completion's loss times its tokens
    EXPECT_EQ(loss_type, "dr_grpo");
    return aha::constant_length{golden().at("budget").get<std::int64_t>()};
}

/// Our losses that are the case's. A completion's tokens have one advantage here, so gspo's two losses are one.
std::vector<any_loss> ours(const nlohmann::json& one) {
    const double low = one.at("clip_low").get<double>(), high = one.at("clip_high").get<double>();
    const double beta = one.at("beta").get<double>(), bonus = one.at("entropy_bonus").get<double>();
    const bool unbiased = one.at("unbiased_kl").get<bool>();
    const std::string loss = one.at("loss");
    if (loss == "vespo") return {aha::vespo_loss{{.beta = beta}}};
    if (loss == "gspo" || loss == "luspo") {
        const aha::gspo_loss_options o{.clip_low = low, .clip_high = high, .beta = beta};
        return {aha::gspo_loss{o}, aha::gspo_token_loss{o}};
    }
    if (loss == "cispo") return {aha::cispo_loss{{.bound = aha::cispo_cap{high}, .beta = beta}}};
    if (loss == "sapo") return {aha::sapo_loss{{.beta = beta}}};
    if (loss == "rloo") return {aha::sequence_ratio_loss{{.clip_low = low, .clip_high = high}}};
    EXPECT_EQ(loss, "grpo");
    if (!one.at("mask_threshold").is_null())
        return {aha::off_policy_sequence_mask{aha::grpo_loss{{.clip_low = low, .clip_high = high}},
                                              one.at("mask_threshold").get<double>()}};
    return {aha::grpo_loss{{.clip_low = low,
                            .clip_high = high,
                            .dual_clip = one.at("delta").is_null() ? 0 : one.at("delta").get<double>(),
                            .beta = beta,
                            .kl = unbiased ? aha::kl_estimator::unbiased : aha::kl_estimator::k3,
                            .entropy_bonus = bonus}}};
}

/// TRL's figure of ours; where a completion has one ratio, it counts completions and we count tokens.
const nlohmann::json* wanted_metric(const nlohmann::json& one, const std::string& name) {
    const bool whole = one.at("loss") == "gspo" || one.at("loss") == "luspo" || one.at("loss") == "rloo";
    if (whole && name.starts_with("clip_ratio/")) return nullptr;
    if (name == "off_policy_masked" || name == "vespo/weight_mean") return nullptr;  // TRL has none, or by advantage
    return &one.at("metrics").at(name == "policy_entropy" ? "entropy" : name);
}

void compare(const nlohmann::json& expected, const any_loss& loss) {
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
    std::vector<at::Tensor> token_weights, token_advantages, sequence;
    for (std::size_t i = 0; i < completions.size(); ++i) {
        token_weights.push_back(at::full({lengths[i]}, weights[i], at::kFloat));
        token_advantages.push_back(at::full({lengths[i]}, advantages[i], at::kFloat));
        sequence.push_back(at::full({lengths[i]}, static_cast<std::int64_t>(i), at::kLong));
    }
    model.weights().zero_gradients();
    aha::policy_batch batch;
    const bool with_entropy = expected.at("entropy_bonus") > 0, with_kl = expected.at("beta") > 0;
    const aha::token_log_probs scores =
        aha::packed_log_probs(model, aha::pack_groups(groups),
                              {.temperature = expected.at("temperature").get<double>(), .entropy = with_entropy});
    batch.log_probs = scores.log_probs;
    if (with_entropy) batch.entropies = scores.entropies;
    ASSERT_LT((batch.log_probs - numbers(expected.at("log_probs"))).abs().max().item<double>(), 2 * near);
    batch.old_log_probs = numbers(expected.at("old_log_probs"));
    if (with_kl) batch.ref_log_probs = numbers(expected.at("ref_log_probs"));
    batch.advantages = at::cat(token_advantages);
    batch.weights = at::cat(token_weights);
    batch.sequence = at::cat(sequence);
    batch.sequences = static_cast<std::int64_t>(completions.size());
    const aha::loss_output output = loss(batch);
    torch::autograd::backward({output.loss}, {});

    EXPECT_NEAR(output.loss.item<double>(), expected.at("value").get<double>(), near);
    const double tokens = static_cast<double>(batch.log_probs.numel());
    EXPECT_EQ(output.sums.contains("kl"), with_kl);
    EXPECT_EQ(output.sums.contains("policy_entropy"), with_entropy);
    for (const auto& [name, sum] : output.sums) {
        const nlohmann::json* metric = wanted_metric(expected, name);
        if (metric == nullptr) continue;
        const auto wanted = metric->get<double>();
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
            EXPECT_LT((flat - numbers(*whole)).abs().max().item<double>(), near * (1 + norm)) << part.name;
        }
        ++compared;
    }
    EXPECT_EQ(compared, expected.at("gradients").size());
}

class grpo_loss_golden : public testing::TestWithParam<std::size_t> {};

TEST_P(grpo_loss_golden, loss_metrics_and_gradients_are_those_of_trl) {
    const nlohmann::json& expected = golden().at("cases").at(GetParam());
    for (const any_loss& loss : ours(expected)) compare(expected, loss);
}

INSTANTIATE_TEST_SUITE_P(cases, grpo_loss_golden, testing::Range(std::size_t{0}, golden().at("cases").size()),
                         [](const auto& instance) {
                             return golden().at("cases").at(instance.param).at("name").template get<std::string>();
                         });

}  // namespace
