#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <aha/core/inline.hpp>
#include <aha/reward/code/program_text.hpp>

namespace aha::code {
namespace detail {

/// A line that opens or closes a block.
struct fence {
    char mark = 0;
    std::size_t length = 0;  // 0: the line is none
    std::string word{};      // after the marks, in small letters
};

inline fence read_fence(std::string_view line) {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!line.empty() && blank(line.front())) line.remove_prefix(1);
    while (!line.empty() && blank(line.back())) line.remove_suffix(1);
    fence read;
    if (line.empty() || (line[0] != '`' && line[0] != '~')) return read;
    read.mark = line[0];
    const std::size_t length = std::min(line.find_first_not_of(read.mark), line.size());
    if (length < 3) return read;
    std::string_view word = line.substr(length);
    while (!word.empty() && blank(word.front())) word.remove_prefix(1);
    if (word.find(read.mark) != std::string_view::npos) return read;
    read.length = length;
    for (const char c : word.substr(0, word.find_first_of(" \t{,")))
        read.word += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return read;
}

}  // namespace detail

AHA_INLINE std::optional<std::string> program_text(std::string_view text, const language& of, program_place place) {
    constexpr std::string_view thought_end = "</think>";
    if (const std::size_t thought = text.rfind(thought_end); thought != std::string_view::npos)
        text.remove_prefix(thought + thought_end.size());
    if (place == program_place::all) return std::string{text};

    std::optional<std::string> found;
    detail::fence open;
    std::size_t begin = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const detail::fence line = detail::read_fence(text.substr(at, end - at));
        if (line.length > 0 && open.length == 0) {
            open = line;
            begin = std::min(end + 1, text.size());
        } else if (line.length >= open.length && line.mark == open.mark && line.word.empty() && open.length > 0) {
            if (open.word.empty() || std::ranges::find(of.fences, open.word) != of.fences.end())
                found = std::string{text.substr(begin, at - begin)};
            open = {};
        }
        at = end + 1;
    }
    if (!found && place == program_place::last_block_or_all) return std::string{text};
    return found;
}

}  // namespace aha::code
