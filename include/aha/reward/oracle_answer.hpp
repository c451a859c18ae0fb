#pragma once

#include <optional>
#include <string>

#include <aha/concepts/reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/answer_tag.hpp>

namespace aha {

/// The score that reasoning-gym's data sets have where they define none of their own: 1 if the answer is the row's,
/// character by character; the share of it that the row's answer makes up where it holds that; else 0. The answer is
/// the content of the last `<answer>...</answer>` (reasoning-gym 0.1.25, `ProceduralDataset.score_answer`; an empty
/// answer in a row, which every answer holds, is an error here).
///
/// Throws `aha::error` if the row has no such field, or one that is no text.
struct oracle_answer {
    std::string field = "answer";  ///< the data row's field that holds the answer

    double operator()(const prompt& asked, const completion& given) const {
        const json& wanted = asked[field];
        require(wanted.is_string() && !wanted.get_ref<const std::string&>().empty(), "prompt ", asked.index,
                " has the answer ", wanted.dump(), " in its field \"", field, "\", which is no text");
        const std::string& right = wanted.get_ref<const std::string&>();
        const std::optional<std::string> said = answer(given);
        if (!said || said->find(right) == std::string::npos) return 0;
        return static_cast<double>(right.size()) / static_cast<double>(said->size());
    }

    /// The answer that a completion gives, right or not; nothing if it gives none.
    std::optional<std::string> answer(const completion& given) const { return answer_tag(given.text); }
};

template <>
inline constexpr bool deterministic_reward<oracle_answer> = true;

}  // namespace aha
