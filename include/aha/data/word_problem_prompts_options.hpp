#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <aha/core/error.hpp>

namespace aha {

/// Which word problems are asked, and how they are put.
struct word_problem_prompts_options {
    std::int64_t min_steps = 2, max_steps = 5;  ///< things that happen to the number of objects, uniform; at most 20
    std::int64_t low = 2, high = 20;   ///< numbers in the text, from 2; "times as many" and shares are of 2 to 5
    std::int64_t largest = 1000;       ///< no number on the way is larger; the smallest is 2, so that all are plurals
    std::uint64_t seed = 0;            ///< the n-th problem derives from it and n alone
    std::int64_t held_out_every = 10;  ///< one problem in so many is never asked: the same ones for every seed
    /// What the model reads, made of the question: a template filled in. Empty: the question itself.
    std::function<std::string(std::string_view question)> render{};

    void validate() const {
        require(1 <= min_steps && min_steps <= max_steps && max_steps <= 20,
                "min_steps and max_steps must be in order and in [1, 20], but are ", min_steps, " and ", max_steps);
        require(2 <= low && low <= high && high <= 1'000'000,
                "low and high must be in order and in [2, 1000000], but are ", low, " and ", high);
        require(high <= largest && largest <= 1'000'000'000'000, "largest must be in [high, 10^12], that is from ",
                high, ", not ", largest);
        require(held_out_every >= 2, "held_out_every must be at least 2, not ", held_out_every);
    }
};

}  // namespace aha
