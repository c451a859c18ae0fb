#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <aha/core/records.hpp>

/// What TRL's rewards say, from data/trl_rewards.json.
namespace aha::reward_support {

inline const nlohmann::json& trl_rewards() {
    static const nlohmann::json data =
        nlohmann::json::parse(std::ifstream{std::string{AHA_TEST_DATA} + "/reward/data/trl_rewards.json"});
    return data;
}

/// The completions of the file; the text of a right one is "right".
inline std::vector<completion> trl_completions() {
    std::vector<completion> completions;
    for (const nlohmann::json& ids : trl_rewards().at("completions")) {
        completion one;
        one.ids = ids.get<std::vector<token_id>>();
        one.text = trl_rewards().at("right").at(completions.size()).get<bool>() ? "right" : "wrong";
        completions.push_back(one);
    }
    return completions;
}

}  // namespace aha::reward_support
