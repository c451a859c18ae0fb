#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/reward/run_rewards.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/pretrained/pretrained.hpp>

namespace example {

/// What a model does on held-out questions.
struct evaluation {
    std::vector<std::pair<std::string, double>> means;       ///< of the reward's parts
    double mean_length = 0;                                  ///< completion tokens
    std::vector<std::pair<std::string, std::string>> shown;  ///< a few questions with what the model said

    nlohmann::json to_json() const { return {{"means", means}, {"mean_length", mean_length}, {"shown", shown}}; }
    static evaluation from_json(const nlohmann::json& saved) {
        return {saved.at("means").get<decltype(means)>(), saved.at("mean_length").get<double>(),
                saved.at("shown").get<decltype(shown)>()};
    }
};

/// Answers every prompt once and scores the answers. The draws are those of a step that no run reaches, so they are not
/// the draws of training.
template <class Source, class Reward>
evaluation evaluate(const Source& source, std::vector<aha::prompt> questions, Reward reward,
                    const aha::sampling_options& sampling, std::uint64_t seed, std::size_t show) {
    for (aha::prompt& p : questions) p.ids = aha::tokens_of(source, p);
    const aha::autoregressive_sampler sampler{source.tokenizer, sampling};
    std::vector<aha::rollout_group> groups =
        sampler.sample(source.model, questions, 1, {seed, std::numeric_limits<std::uint64_t>::max(), 0, 0});
    aha::run_rewards(std::span{groups}, reward, {});
    evaluation result;
    for (const aha::rollout_group& group : groups) {
        const aha::completion& said = group.completions.front();
        result.mean_length += static_cast<double>(said.ids.size()) / static_cast<double>(groups.size());
        for (const auto& part : group.scores.front().parts) {
            auto found =
                std::ranges::find(result.means, part.first, [](const auto& mean) -> const auto& { return mean.first; });
            if (found == result.means.end()) found = result.means.insert(found, {part.first, 0.0});
            found->second += part.second / static_cast<double>(groups.size());
        }
        if (result.shown.size() < show) result.shown.emplace_back(group.prompt["question"], said.text);
    }
    return result;
}

}  // namespace example
