#pragma once

#include <string_view>

#include <aha/concepts/reward.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/format.hpp>

namespace aha {

/// A soft form of `format_reward`: 0.25 for each of `<think>`, `</think>`, `<answer>` and `</answer>` that occurs
/// exactly once, wherever it stands (open-r1's tag count reward, without its line ends).
struct tag_count {
    bool prefilled_think = false;  ///< the prompt already ends with `<think>`, which then must not occur again

    double operator()(const prompt&, const completion& given) const {
        double sum = detail::occurrences(given.text, "<think>") == (prefilled_think ? 0 : 1) ? 0.25 : 0;
        for (const std::string_view tag : {"</think>", "<answer>", "</answer>"})
            if (detail::occurrences(given.text, tag) == 1) sum += 0.25;
        return sum;
    }
};

template <>
inline constexpr bool deterministic_reward<tag_count> = true;

}  // namespace aha
