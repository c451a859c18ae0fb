#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include <aha/core/dialogue.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/message.hpp>
#include <aha/reward/judge/judged_texts.hpp>
#include <aha/reward/judge/pairwise_judge.hpp>

namespace aha {

/// Which pairs are kept.
struct judged_preferences_options {
    double min_margin = 1;     ///< pairs with a larger margin are kept, the better answer as the chosen one
    std::int64_t threads = 8;  ///< that ask the judge at once

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(min_margin >= 0 && min_margin < 2, "min_margin must be in [0, 2), not ", min_margin);
        require(threads > 0, "threads must be positive, not ", threads);
    }
};

/// Pairs with a judge's preference, and what became of the others.
struct judged_preferences {
    std::vector<preference> kept{};   ///< in the order given
    std::vector<double> margins{};    ///< of the kept ones, positive
    std::int64_t too_close = 0;       ///< pairs left out for their margin
    std::int64_t not_applicable = 0;  ///< pairs left out since no verdict could be read in one order or the other
    std::int64_t calls = 0;           ///< times the judge was asked
    std::int64_t unreadable = 0;      ///< answers of the judge without a verdict
};

namespace detail {

/// A text, or the texts of turns.
inline std::string plain_text(const text_or_turns& given) {
    if (const auto* const text = std::get_if<std::string>(&given)) return *text;
    json list = json::array();
    for (const message& one : std::get<std::vector<message>>(given))
        list.push_back({{"role", one.role}, {"content", one.content}});
    return messages_text(list);
}

}  // namespace detail

/// The pairs of which the judge clearly prefers one answer, whichever was called the chosen one before. The first
/// failure of the judge, in the order of the pairs, is thrown when all threads have ended; no pair is begun after one.
template <class J>
judged_preferences judge_preferences(const pairwise_judge<J>& asked, std::span<const preference> pairs,
                                     const judged_preferences_options& options = {}) {
    options.validate();
    std::vector<pairwise_judgment> said(pairs.size());
    std::vector<std::exception_ptr> failures(pairs.size());
    std::atomic<std::size_t> next{0};
    std::atomic<bool> failed{false};
    const auto work = [&] {
        for (std::size_t i = 0; !failed && (i = next++) < pairs.size();) try {
                said[i] = asked(detail::plain_text(pairs[i].prompt), detail::plain_text(pairs[i].chosen),
                                detail::plain_text(pairs[i].rejected));
            } catch (...) {
                failures[i] = std::current_exception();
                failed = true;
            }
    };
    {
        std::vector<std::jthread> threads;
        for (std::int64_t i = 1; i < std::min(options.threads, std::ssize(pairs)); ++i) threads.emplace_back(work);
        work();
    }
    for (const std::exception_ptr& one : failures)
        if (one) std::rethrow_exception(one);
    judged_preferences made;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        made.calls += said[i].calls;
        made.unreadable += said[i].unreadable;
        if (!said[i].margin) {
            ++made.not_applicable;
        } else if (std::abs(*said[i].margin) <= options.min_margin) {
            ++made.too_close;
        } else {
            preference& one = made.kept.emplace_back(pairs[i]);
            if (*said[i].margin < 0) std::swap(one.chosen, one.rejected);
            made.margins.push_back(std::abs(*said[i].margin));
        }
    }
    return made;
}

}  // namespace aha
