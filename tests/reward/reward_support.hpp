#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/reward/trimmed.hpp>
#include <tests/support/complaint.hpp>

/// What tests of rewards share.
namespace aha::reward_support {

using test::complaint;

/// The texts that ";;" and ends of lines separate, and some more.
inline std::vector<std::string> cases(const std::string& lines, std::vector<std::string> more = {}) {
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t line = std::min(lines.find('\n', at), lines.size()),
                          end = std::min(lines.find(";;", at), line);
        const std::string one{detail::trimmed(std::string_view{lines}.substr(at, end - at))};
        if (!one.empty()) more.push_back(one);
        at = end == line ? line + 1 : end + 2;
    }
    return more;
}

inline completion saying(std::string text) {
    completion given;
    given.text = std::move(text);
    return given;
}

inline completion of_length(std::size_t tokens) {
    completion given;
    given.ids.assign(tokens, 7);
    return given;
}

}  // namespace aha::reward_support
