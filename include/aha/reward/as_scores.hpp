#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/group_reward.hpp>
#include <aha/concepts/reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// What `judge` says of a completion, as a score: a number or a bool is its value, an empty optional is "not
/// applicable".
template <reward R>
score as_score(const R& judge, const prompt& asked, const completion& given) {
    auto&& result = judge(asked, given);
    using result_type = std::remove_cvref_t<decltype(result)>;
    if constexpr (std::is_arithmetic_v<result_type>) {
        return score{static_cast<double>(result)};
    } else if constexpr (std::is_same_v<result_type, std::optional<double>>) {
        return result ? score{*result} : score::not_applicable();
    } else {
        return std::forward<decltype(result)>(result);
    }
}

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
