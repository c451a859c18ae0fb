#pragma once

#include <nlohmann/json.hpp>

#include <aha/io/completions_file.hpp>
#include <aha/core/inline.hpp>

namespace aha {

AHA_INLINE void completions_file::on_step(const step_report& report) {
    if (!report.groups) return;
    std::string lines;
    for (const rollout_group& group : *report.groups)
        for (std::size_t i = 0; i < group.completions.size(); ++i) lines += line_of(report.step, group, i);
    lines_.append(report.step, lines);
}

AHA_INLINE std::string completions_file::line_of(std::int64_t step, const rollout_group& group, std::size_t i) {
    const completion& said = group.completions[i];
    nlohmann::ordered_json reward, rewards = nlohmann::ordered_json::object(), advantage;
    if (i < group.scores.size() && group.scores[i].applicable) {
        reward = group.scores[i].value;
        for (const auto& [name, value] : group.scores[i].parts) rewards[name] = value;
    }
    if (i < group.advantages.size()) advantage = group.advantages[i];
    nlohmann::ordered_json line = {{"step", step},
                                   {"prompt_index", group.prompt.index},
                                   {"sample_index", i},
                                   {"prompt", group.prompt.text},
                                   {"completion", said.text},
                                   {"finish_reason", to_string(said.finish)},
                                   {"reward", reward},
                                   {"rewards", rewards},
                                   {"advantage", advantage}};
    for (const turn& one : said.turns) {
        nlohmann::ordered_json shown = {{"said", one.said}};
        if (!one.heard.empty()) shown["heard"] = one.heard;
        if (one.reward != 0) shown["reward"] = one.reward;
        line["turns"].push_back(std::move(shown));
    }
    return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace aha
