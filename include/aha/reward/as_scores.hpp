#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include <aha/concepts/group_reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/as_score.hpp>

namespace aha {

/// What `judge` says of each completion of a prompt, [G]: a `reward` is asked about one after the other, a
/// `group_reward` about all at once. Throws `aha::error` if the latter gives another number of scores.
template <any_reward R>
std::vector<score> as_scores(const R& judge, const prompt& asked, std::span<const completion> given) {
    if constexpr (reward<R>) {
        std::vector<score> scores;
        scores.reserve(given.size());
        for (const completion& one : given) scores.push_back(as_score(judge, asked, one));
        return scores;
    } else {
        std::vector<score> scores = judge(asked, given);
        require(scores.size() == given.size(), "a group reward gave ", scores.size(), " scores for ", given.size(),
                " completions");
        return scores;
    }
}

}  // namespace aha
