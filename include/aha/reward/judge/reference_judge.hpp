#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/concepts/judge.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/message.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/judge/ask_judge.hpp>
#include <aha/reward/judge/judge_messages.hpp>
#include <aha/reward/judge/judged_texts.hpp>
#include <aha/reward/judge/verdict.hpp>

namespace aha {

/// What a `reference_judge` reads and asks.
struct reference_judge_options {
    std::string field = "answer";  ///< the data row's field that holds the reference: a text, a number, or a list of
                                   ///< them, each of which is right
    judged_texts texts{};          ///< where the question is, and what of the answer counts
    std::function<std::vector<message>(const std::string& question, const std::string& reference,
                                       const std::string& answer)>
        messages{};  ///< asks the judge, for a text that `read_reference_verdict` reads; called by several threads at
                     ///< once; empty: `reference_messages`
};

/// A reward for what no rule can compare: a judge reads question, reference and answer, and says whether the answer is
/// correct. DeepSeek-R1 filters its 600,000 reasoning samples so (stage 3; v2 B.3.3).
///
/// 1 or 0, and not applicable where the judge's text holds no verdict; the metric `rewards/unreadable/mean` (in a sum
/// `rewards/<name>/unreadable/mean`) is the share of those. A completion that never stops thinking has 0 without being
/// read.
///
/// Throws `aha::error` naming the prompt if its row has no reference, and what the judge throws.
template <class J>
class reference_judge {
    static_assert(require_judge<J>());

public:
    explicit reference_judge(J asked, reference_judge_options options = {})
        : judge_{std::move(asked)}, options_{std::move(options)} {
        require(!options_.field.empty(), "a reference_judge needs the name of the field that holds the reference");
    }

    score operator()(const prompt& asked, const completion& given) const {
        const std::string reference = reference_of(asked);
        const auto answer = options_.texts.answer(asked, given.text);
        if (!answer) return {0, {{detail::unreadable, 0}}};
        const auto verdict = judge(options_.texts.question(asked), reference, std::string{*answer});
        if (!verdict) return detail::unreadable_verdict();
        return {verdict->correct ? 1.0 : 0.0, {{detail::unreadable, 0}}};
    }

    /// What the judge says; nothing if it cannot be read.
    std::optional<reference_verdict> judge(const std::string& question, const std::string& reference,
                                           const std::string& answer) const {
        return read_reference_verdict(ask_judge(judge_, options_.messages
                                                            ? options_.messages(question, reference, answer)
                                                            : reference_messages(question, reference, answer)));
    }

    const reference_judge_options& options() const { return options_; }  ///< as given

private:
    std::string reference_of(const prompt& asked) const {
        const json& given = asked[options_.field];
        if (!given.is_array()) return one_reference(asked, given);
        std::string any;
        for (const json& one : given) any += (any.empty() ? "" : "\nor\n") + one_reference(asked, one);
        require(!any.empty(), "prompt ", asked.index, " has an empty list in its field \"", options_.field, '"');
        return any;
    }

    std::string one_reference(const prompt& asked, const json& given) const {
        require(given.is_string() || given.is_number(), "prompt ", asked.index, " has ", given.dump(),
                " in its field \"", options_.field, "\", which is neither text nor a number");
        return given.is_string() ? given.get<std::string>() : given.dump();
    }

    J judge_;
    reference_judge_options options_;
};

}  // namespace aha
