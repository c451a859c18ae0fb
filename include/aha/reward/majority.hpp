#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>

namespace aha {

/// The answer given most often, the first one given among equals; nothing if none was (self-consistency, Wang et al.
/// 2023; "cons@k" in the R1 report). Samples without an answer do not vote.
inline std::optional<std::string> majority(std::span<const std::optional<std::string>> answers) {
    std::map<std::string, std::size_t> votes;
    for (const std::optional<std::string>& answer : answers)
        if (answer) ++votes[*answer];
    std::optional<std::string> best;
    for (const std::optional<std::string>& answer : answers)
        if (answer && (!best || votes[*answer] > votes[*best])) best = answer;
    return best;
}

}  // namespace aha
