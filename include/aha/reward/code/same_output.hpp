#pragma once

#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include <aha/reward/code/test.hpp>

namespace aha::code {
namespace detail {

/// `text` at each of `marks`, without the parts that are empty if `words`.
inline std::vector<std::string_view> split_at(std::string_view text, std::string_view marks, bool words) {
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find_first_of(marks, at), text.size());
        if (end > at || !words) parts.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return parts;
}

inline bool same_word(std::string_view expected, std::string_view given, double tolerance) {
    if (expected == given) return true;
    if (tolerance == 0) return false;
    const auto number = [](std::string_view text, double& read) {
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), read);
        return problem == std::errc{} && end == text.data() + text.size();
    };
    double wanted = 0, got = 0;
    return number(expected, wanted) && number(given, got) &&
           std::abs(wanted - got) <= tolerance * std::max(1.0, std::abs(wanted));
}

}  // namespace detail

/// Whether a program wrote what is expected of it.
inline bool same_output(std::string_view expected, std::string_view given, const output_comparison& how = {}) {
    constexpr std::string_view blanks = " \t\r\n\f\v";
    const auto lines_of = [&](std::string_view text) {
        std::vector<std::string_view> lines = detail::split_at(text, how.by_words ? blanks : "\n", how.by_words);
        if (how.by_words) return lines;
        for (std::string_view& line : lines) line = line.substr(0, line.find_last_not_of(blanks) + 1);
        while (!lines.empty() && lines.back().empty()) lines.pop_back();
        return lines;
    };
    const auto wanted = lines_of(expected), got = lines_of(given);
    if (wanted.size() != got.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (wanted[i] == got[i]) continue;
        const auto words = detail::split_at(wanted[i], blanks, true), others = detail::split_at(got[i], blanks, true);
        if (how.tolerance == 0 || words.size() != others.size()) return false;
        for (std::size_t j = 0; j < words.size(); ++j)
            if (!detail::same_word(words[j], others[j], how.tolerance)) return false;
    }
    return true;
}

}  // namespace aha::code
