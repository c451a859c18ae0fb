#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <aha/reward/answer_value.hpp>

namespace aha {

/// The answer given most often, the first one given among equals, in the first of its spellings; nothing if none was
/// (self-consistency, Wang et al. 2023; "cons@k" in the R1 report). Votes are for what an answer says, as `accuracy`
/// reads it: "1,000", "1000" and "1000." are one vote each for a thousand. Samples without an answer do not vote.
inline std::optional<std::string> majority(std::span<const std::optional<std::string>> answers) {
    std::map<std::string, std::size_t> votes;
    std::vector<std::size_t*> own;  // for each sample the votes for its answer
    for (const std::optional<std::string>& answer : answers) {
        own.push_back(answer ? &votes[detail::read_answer(*answer).key()] : nullptr);
        if (answer) ++*own.back();
    }
    const std::optional<std::string>* best = nullptr;
    std::size_t most = 0;
    for (std::size_t i = 0; i < answers.size(); ++i)
        if (own[i] != nullptr && *own[i] > most) best = &answers[i], most = *own[i];
    return best == nullptr ? std::nullopt : *best;
}

}  // namespace aha
