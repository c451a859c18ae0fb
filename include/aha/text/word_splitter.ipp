#pragma once

#include <algorithm>

#include <aha/text/word_splitter.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/text/normal_forms.hpp>

namespace aha::detail::tokenizing {

AHA_INLINE bool one_character::contains(char32_t c) const {
    switch (set) {
        case kind::one: return c == code;
        case kind::white_space: return is_white_space(c);
        case kind::number:
            return c < 0x80 ? c >= '0' && c <= '9' : has_category(c, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO);
        case kind::punctuation:
            if (c < 0x80)
                return (c > 0x20 && c < '0') || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') || (c > 'z' && c < 0x7F);
            return has_category(c, UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
    }
    return false;
}

AHA_INLINE bool one_character::has_category(char32_t c, utf8proc_category_t first, utf8proc_category_t last) {
    const utf8proc_category_t kind = category(c);
    return kind >= first && kind <= last;
}

AHA_INLINE match_behavior read_behavior(const json_part& part) {
    const std::string& name = part.text();
    if (name == "Removed") return match_behavior::removed;
    if (name == "Isolated") return match_behavior::isolated;
    if (name == "MergedWithPrevious") return match_behavior::merged_with_previous;
    if (name == "MergedWithNext") return match_behavior::merged_with_next;
    require(name == "Contiguous", part.place(), " is ", shown(name),
            ", not Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
    return match_behavior::contiguous;
}

AHA_INLINE std::vector<text_span> word_splitter::operator()(std::string_view text,
                                                            const std::vector<text_span>& words) const {
    std::vector<text_span> parts;
    parts.reserve(words.size());
    std::visit(
        [&](const auto& pattern) {
            const auto each = matcher(pattern);
            std::vector<piece> pieces;
            for (const text_span word : words)
                split(text.substr(word.begin, word.end - word.begin), word.begin, each, pieces, parts);
        },
        pattern_);
    return parts;
}

AHA_INLINE void word_splitter::join(std::vector<piece>& pieces) const {
    if (how_ == match_behavior::merged_with_next) std::ranges::reverse(pieces);
    std::size_t kept = 0;
    bool after_match = false;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const piece next = pieces[i];
        const bool joins =
            how_ == match_behavior::contiguous ? next.is_match == after_match : next.is_match && !after_match;
        after_match = next.is_match;
        if (joins && kept > 0) {
            text_span& last = pieces[kept - 1].where;
            last = {std::min(last.begin, next.where.begin), std::max(last.end, next.where.end)};
        } else {
            pieces[kept++] = next;
        }
    }
    pieces.resize(kept);
    if (how_ == match_behavior::merged_with_next) std::ranges::reverse(pieces);
}

}  // namespace aha::detail::tokenizing
