#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/judge.hpp>
#include <aha/core/error.hpp>
#include <aha/core/message.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/judge/ask_judge.hpp>
#include <aha/reward/judge/judge_messages.hpp>
#include <aha/reward/judge/judged_texts.hpp>
#include <aha/reward/judge/rubric.hpp>
#include <aha/reward/judge/verdict.hpp>

namespace aha {

/// What a `rubric_judge` asks by.
struct rubric_judge_options {
    std::vector<criterion> rubric{};  ///< the same for every prompt; empty: each row has its own
    std::string field = "rubric";     ///< where in the row: a list of {"name", "description", "points"}
    judged_texts texts{};             ///< where the question is, and what of the answer counts
    std::function<std::vector<message>(const std::string& question, std::span<const criterion> rubric,
                                       const std::string& answer)>
        messages{};  ///< asks the judge, for a text that `read_rubric_verdict` reads; called by several threads at
                     ///< once; empty: `rubric_messages`
};

/// A reward by a rubric: a judge gives points for each criterion, and the score is their share of all, from 0 to 1. Its
/// parts are the criteria's shares, which add up to it.
///
/// Not applicable where the judge's text holds no verdict; the part `unreadable` counts those, as of a
/// `reference_judge`. A completion that never stops thinking has 0 without being read.
///
/// Throws `aha::error` naming the prompt if its row has no rubric that makes sense, and what the judge throws.
template <class J>
class rubric_judge {
    static_assert(require_judge<J>());

public:
    /// Throws `aha::error` for a rubric that makes no sense.
    explicit rubric_judge(J asked, rubric_judge_options options = {})
        : judge_{std::move(asked)}, options_{std::move(options)} {
        if (!options_.rubric.empty()) check_rubric(options_.rubric);
    }

    score operator()(const prompt& asked, const completion& given) const {
        const std::vector<criterion> rubric = rubric_of(asked);
        const auto answer = options_.texts.answer(asked, given.text);
        if (!answer) return score_of(rubric, std::vector<double>(rubric.size()));
        const auto verdict = judge(options_.texts.question(asked), rubric, std::string{*answer});
        return verdict ? score_of(rubric, verdict->points) : detail::unreadable_verdict();
    }

    /// What the judge says; nothing if it cannot be read.
    std::optional<rubric_verdict> judge(const std::string& question, std::span<const criterion> rubric,
                                        const std::string& answer) const {
        return read_rubric_verdict(ask_judge(judge_, options_.messages ? options_.messages(question, rubric, answer)
                                                                       : rubric_messages(question, rubric, answer)),
                                   rubric);
    }

    const rubric_judge_options& options() const { return options_; }  ///< as given

private:
    std::vector<criterion> rubric_of(const prompt& asked) const {
        if (!options_.rubric.empty()) return options_.rubric;
        const json& given = asked[options_.field];
        try {
            return read_rubric(given);
        } catch (const error& problem) {
            fail("prompt ", asked.index, ": ", problem.what());
        }
    }

    static score score_of(const std::vector<criterion>& rubric, const std::vector<double>& points) {
        double all = 0;
        for (const criterion& one : rubric) all += one.points;
        score sum{0, {{detail::unreadable, 0}}};
        for (std::size_t i = 0; i < rubric.size(); ++i) {
            sum.parts.emplace_back(rubric[i].name, points[i] / all);
            sum.value += points[i] / all;
        }
        return sum;
    }

    J judge_;
    rubric_judge_options options_;
};

}  // namespace aha
