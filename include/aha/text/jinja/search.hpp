#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace aha::detail::jinja {

/// Where `pattern` begins in `text` for the first or the last time (npos: nowhere), in time that grows with the sum of
/// both sizes: the plain search of the standard library takes their product where the pattern is long and repetitive.
template <class Iterator>
std::size_t find_long(Iterator text, std::size_t text_size, Iterator pattern, std::size_t size) {
    std::vector<std::uint32_t> borders(size, 0);  // Knuth, Morris and Pratt's table
    const auto at = [](Iterator from, std::size_t i) { return from[static_cast<std::ptrdiff_t>(i)]; };
    for (std::size_t i = 1, matched = 0; i < size; ++i) {
        while (matched > 0 && at(pattern, i) != at(pattern, matched)) matched = borders[matched - 1];
        if (at(pattern, i) == at(pattern, matched)) ++matched;
        borders[i] = static_cast<std::uint32_t>(matched);
    }
    for (std::size_t i = 0, matched = 0; i < text_size; ++i) {
        while (matched > 0 && at(text, i) != at(pattern, matched)) matched = borders[matched - 1];
        if (at(text, i) == at(pattern, matched)) ++matched;
        if (matched == size) return i + 1 - size;
    }
    return std::string_view::npos;
}

inline std::size_t find_first(std::string_view text, std::string_view pattern, std::size_t from = 0) {
    if (pattern.size() <= 32) return text.find(pattern, from);
    if (from > text.size() || pattern.size() > text.size() - from) return std::string_view::npos;
    const std::size_t found = find_long(text.begin() + static_cast<std::ptrdiff_t>(from), text.size() - from,
                                        pattern.begin(), pattern.size());
    return found == std::string_view::npos ? found : from + found;
}

inline std::size_t find_last(std::string_view text, std::string_view pattern) {
    if (pattern.size() <= 32) return text.rfind(pattern);
    if (pattern.size() > text.size()) return std::string_view::npos;
    const std::size_t found = find_long(text.rbegin(), text.size(), pattern.rbegin(), pattern.size());
    return found == std::string_view::npos ? found : text.size() - found - pattern.size();
}

}  // namespace aha::detail::jinja
