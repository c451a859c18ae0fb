#pragma once

#include <cstddef>
#include <string_view>

#include <aha/core/records.hpp>
#include <aha/reward/chain_of_thought.hpp>

namespace aha {

/// A `completion_filter` that drops texts with a fenced code block: a line that begins, after at most three spaces,
/// with three backticks or tildes. R1's rejection sampling drops chains of thought with code blocks (paper, section
/// 2.3.3 of v1); an answer may have them unless `part` says the whole text.
struct has_code_block {
    judged_part part{};  ///< what of a completion is looked at

    bool operator()(const prompt&, const completion& given) const {
        for (std::string_view rest = part(given.text); !rest.empty();) {
            const std::size_t end = rest.find('\n');
            std::string_view line = rest.substr(0, end);
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
            const std::size_t indent = line.find_first_not_of(' ');
            if (indent > 3) continue;
            line.remove_prefix(indent);
            if (line.starts_with("```") || line.starts_with("~~~")) return false;
        }
        return true;
    }

    std::string_view name() const { return "has_code_block"; }
};

}  // namespace aha
