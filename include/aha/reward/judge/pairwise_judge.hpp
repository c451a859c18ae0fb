#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/judge.hpp>
#include <aha/core/error.hpp>
#include <aha/core/message.hpp>
#include <aha/reward/judge/ask_judge.hpp>
#include <aha/reward/judge/judge_messages.hpp>
#include <aha/reward/judge/verdict.hpp>

namespace aha {

/// How a `pairwise_judge` asks.
struct pairwise_judge_options {
    std::int64_t calls = 4;  ///< how often it asks, each order of the two answers in half of the calls. A judge that is
                             ///< greedy says the same again: 2 are enough for it
    std::function<std::vector<message>(const std::string& question, const std::string& a, const std::string& b)>
        messages{};  ///< asks the judge, for a text that `read_pairwise_verdict` reads; called by several threads at
                     ///< once; empty: `pairwise_messages`

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(calls > 0 && calls % 2 == 0,
                "calls must be positive and even, so that both orders are asked equally often, not ", calls);
    }
};

/// Which of two answers is better, and how many calls said so.
struct pairwise_judgment {
    std::optional<double> margin{};  ///< how much better the first is, from -2 to 2; nothing if in either order no
                                     ///< verdict could be read
    std::int64_t calls = 0;          ///< times the judge was asked
    std::int64_t unreadable = 0;     ///< answers of the judge without a verdict
};

/// Compares two answers to a question without a reference. The judge writes its own answer first and then gives one of
/// five verdicts, several times and in both orders; DeepSeek-R1 makes the pairs of its helpfulness reward model so
/// (Methods; 4 calls, margins over 1).
///
/// The margin is the mean of the means of both orders, so that a judge who prefers what stands first decides nothing,
/// whichever verdicts cannot be read.
template <class J>
class pairwise_judge {
    static_assert(require_judge<J>());

public:
    /// Throws `aha::error` for options that make no sense.
    explicit pairwise_judge(J asked, pairwise_judge_options options = {})
        : judge_{std::move(asked)}, options_{(options.validate(), std::move(options))} {}

    /// How much better `first` is than `second`. Throws what the judge throws.
    pairwise_judgment operator()(const std::string& question, const std::string& first,
                                 const std::string& second) const {
        pairwise_judgment made{.calls = options_.calls};
        const auto mean = [&](const std::string& a, const std::string& b) {
            const std::vector<message> messages =
                options_.messages ? options_.messages(question, a, b) : pairwise_messages(question, a, b);
            double sum = 0;
            std::int64_t read = 0;
            for (std::int64_t vote = 0; vote < options_.calls / 2; ++vote) {
                const auto verdict =
                    read_pairwise_verdict(ask_judge(judge_, messages, static_cast<std::uint64_t>(vote)));
                if (verdict) sum += *verdict, ++read;
                else ++made.unreadable;
            }
            return read > 0 ? std::optional{sum / static_cast<double>(read)} : std::nullopt;
        };
        const std::optional<double> in_order = mean(first, second), swapped = mean(second, first);
        if (in_order && swapped) made.margin = (*in_order - *swapped) / 2;
        return made;
    }

    const pairwise_judge_options& options() const { return options_; }  ///< as given

private:
    J judge_;
    pairwise_judge_options options_;
};

}  // namespace aha
