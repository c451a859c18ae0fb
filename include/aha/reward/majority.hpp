#pragma once

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <aha/reward/math/same_answer.hpp>

namespace aha {

/// The answer given most often, the first one given among equals, in the first of its spellings; nothing if none was
/// (self-consistency, Wang et al. 2023; "cons@k" in the R1 report). Votes are for what an answer says, as `same_answer`
/// has it: "1,000", "1000" and "1000." are one vote each for a thousand, `\frac{1}{2}` and "0.5" for a half. Samples
/// without an answer do not vote.
inline std::optional<std::string> majority(std::span<const std::optional<std::string>> answers) {
    std::map<std::string, std::size_t> places;  // of answers that are known, by their text
    std::vector<const std::string*> firsts;     // the first spelling of each answer
    std::vector<std::size_t> votes;
    for (const std::optional<std::string>& answer : answers) {
        if (!answer) continue;
        const auto [known, is_new] = places.emplace(*answer, firsts.size());
        if (is_new) {
            std::size_t same = 0;
            while (same < firsts.size() && !same_answer(*firsts[same], *answer)) ++same;
            known->second = same;
            if (same == firsts.size()) firsts.push_back(&*answer), votes.push_back(0);
        }
        ++votes[known->second];
    }
    if (votes.empty()) return std::nullopt;
    return *firsts[static_cast<std::size_t>(std::max_element(votes.begin(), votes.end()) - votes.begin())];
}

}  // namespace aha
