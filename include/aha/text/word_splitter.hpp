#pragma once

#include <cstddef>
#include <string_view>
#include <utf8proc.h>
#include <utility>
#include <variant>
#include <vector>

#include <aha/files/utf8.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/regex.hpp>
#include <aha/text/text_span.hpp>

/// How a pre-tokenizer cuts one word at the matches of a pattern.
namespace aha::detail::tokenizing {

/// A set of characters, each of which is a match of its own.
struct one_character {
    enum class kind { white_space, number, punctuation, one };
    kind set = kind::one;
    char32_t code = 0;  ///< the character of `kind::one`

    bool contains(char32_t c) const;

    /// Gives `see` each match in `text`, from left to right.
    template <class See>
    void each_match(std::string_view text, See&& see) const {
        for (std::size_t at = 0; at < text.size();) {
            const utf8::unit next = utf8::unit_at(text, at);
            if (contains(next.code)) see(text_span{at, at + next.size});
            at += next.size;
        }
    }

private:
    static bool has_category(char32_t c, utf8proc_category_t first, utf8proc_category_t last);
};

/// What becomes of a match, as the Rust library has it.
enum class match_behavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

/// The behavior that `part` names.
match_behavior read_behavior(const json_part& part);

/// Cuts words at matches.
class word_splitter {
    struct piece {
        text_span where;
        bool is_match = false;
    };

    static auto matcher(const regex& pattern) {
        return [&pattern, workspace = pattern.make_workspace()](std::string_view word, auto&& see) {
            pattern.each_match(word, workspace, see);
        };
    }
    static auto matcher(const one_character& pattern) {
        return [&pattern](std::string_view word, auto&& see) { pattern.each_match(word, see); };
    }

public:
    word_splitter(std::variant<regex, one_character> pattern, match_behavior how, bool invert = false)
        : pattern_{std::move(pattern)}, how_{how}, invert_{invert} {}

    /// The parts of the words of `text`, none empty.
    std::vector<text_span> operator()(std::string_view text, const std::vector<text_span>& words) const;

private:
    template <class Each>
    void split(std::string_view word, std::size_t begin, const Each& each, std::vector<piece>& pieces,
               std::vector<text_span>& parts) const {
        const auto add = [&](text_span part) {
            if (part.begin < part.end) parts.push_back({begin + part.begin, begin + part.end});
        };
        std::size_t end = 0;
        if (how_ == match_behavior::isolated) {
            each(word, [&](text_span match) {
                add({end, match.begin}), add(match);
                end = match.end;
            });
            return add({end, word.size()});
        }
        pieces.clear();
        each(word, [&](text_span match) {
            if (end != match.begin) pieces.push_back({{end, match.begin}, invert_});
            pieces.push_back({match, !invert_});
            end = match.end;
        });
        if (end != word.size()) pieces.push_back({{end, word.size()}, invert_});
        if (how_ == match_behavior::removed) {
            for (const piece& next : pieces)
                if (!next.is_match) add(next.where);
            return;
        }
        join(pieces);
        for (const piece& next : pieces) add(next.where);
    }

    /// Joins the pieces that the behavior wants as one.
    void join(std::vector<piece>& pieces) const;

    std::variant<regex, one_character> pattern_;
    match_behavior how_ = match_behavior::isolated;
    bool invert_ = false;
};

}  // namespace aha::detail::tokenizing

#ifndef AHA_COMPILED
#include <aha/text/word_splitter.ipp>
#endif
