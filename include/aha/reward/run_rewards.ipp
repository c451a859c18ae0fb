#pragma once

#include <cmath>

#include <aha/reward/run_rewards.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail {

AHA_INLINE reward_clock::duration patience(double seconds) {
    constexpr double ever = 1e9;
    const double kept = seconds > 0 ? std::min(seconds, ever) : ever;
    return std::chrono::duration_cast<reward_clock::duration>(std::chrono::duration<double>{kept});
}

AHA_INLINE std::string score_defect(const score& given) {
    if (!given.applicable) return {};
    if (!std::isfinite(given.value)) return "the reward gave " + std::to_string(given.value);
    for (const auto& [name, value] : given.parts)
        if (!std::isfinite(value)) return "the reward's part \"" + name + "\" is " + std::to_string(value);
    return {};
}

AHA_INLINE bool reward_outcome::failed() const {
    return !failure.empty() ||
           std::any_of(results.begin(), results.end(), [](const score& s) { return !score_defect(s).empty(); });
}

AHA_INLINE std::string excerpt(std::string_view text) {
    std::size_t end = std::min<std::size_t>(text.size(), 100);
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    std::string line{text.substr(0, end)};
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
    return '"' + line + (end < text.size() ? "...\"" : "\"");
}

AHA_INLINE std::string place(std::span<const rollout_group> groups, std::size_t group, std::size_t sample) {
    return "prompt " + std::to_string(groups[group].prompt.index) + ", sample " + std::to_string(sample);
}

}  // namespace aha::detail
