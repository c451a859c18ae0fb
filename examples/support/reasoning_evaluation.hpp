#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/rollout/sampling_options.hpp>
#include <aha/train/evaluate.hpp>

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

/// Answers every prompt once and scores the answers.
template <class Source, class Reward>
evaluation evaluate(const Source& source, const std::vector<aha::prompt>& questions, const Reward& reward,
                    const aha::sampling_options& sampling, std::uint64_t seed, std::size_t show) {
    evaluation result;
    const auto keep = [&](const aha::rollout_group& group) {
        if (result.shown.size() < show)
            result.shown.emplace_back(group.prompt["question"], group.completions.front().text);
    };
    const aha::evaluation figures =
        aha::evaluate(source, questions, reward, {.samples = 1, .sampling = sampling, .seed = seed, .each = keep});
    result.means = figures.parts;
    result.mean_length = figures.mean_length;
    return result;
}

}  // namespace example
