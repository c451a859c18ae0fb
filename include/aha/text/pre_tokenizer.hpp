#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/text/byte_alphabet.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/normalizer.hpp>
#include <aha/text/regex.hpp>

namespace aha {

/// A text cut into words: stretches of `text` from left to right, none empty, perhaps with gaps.
struct cut_text {
    std::string text;              ///< the whole text
    std::vector<text_span> words;  ///< where words begin and end in it

    /// Word `i`.
    std::string_view word(std::size_t i) const {
        return std::string_view{text}.substr(words[i].begin, words[i].end - words[i].begin);
    }
};

/// Cuts a text into the words that a tokenizer encodes one by one, as the "pre_tokenizer" of a tokenizer.json says.
/// Known: ByteLevel, Split, Digits, Whitespace, WhitespaceSplit, Sequence, and none.
class pre_tokenizer {
public:
    /// Leaves a text whole.
    pre_tokenizer() = default;

    /// Throws `aha::error` naming what is wrong or not supported.
    explicit pre_tokenizer(const detail::tokenizing::json_part& part) { add(part); }

    /// The words of `text` (UTF-8).
    cut_text operator()(std::string text) const {
        cut_text cut{std::move(text), {}};
        if (!cut.text.empty()) cut.words.push_back({0, cut.text.size()});
        for (const step& next : steps_) cut = std::visit([&](const auto& s) { return s(std::move(cut)); }, next);
        return cut;
    }

private:
    /// What becomes of a match, as the Rust library has it.
    enum class behavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

    struct splitter {
        regex pattern;
        behavior how = behavior::isolated;
        bool invert = false;

        cut_text operator()(cut_text cut) const {
            std::vector<text_span> words;
            for (std::size_t i = 0; i < cut.words.size(); ++i)
                for (const text_span part : split(cut.word(i)))
                    if (part.begin < part.end)
                        words.push_back({cut.words[i].begin + part.begin, cut.words[i].begin + part.end});
            cut.words = std::move(words);
            return cut;
        }

    private:
        struct piece {
            text_span where;
            bool is_match = false;
        };

        std::vector<text_span> split(std::string_view word) const {
            std::vector<piece> pieces;
            std::size_t end = 0;
            for (const text_span match : pattern.matches(word)) {
                if (end != match.begin) pieces.push_back({{end, match.begin}, invert});
                pieces.push_back({match, !invert});
                end = match.end;
            }
            if (end != word.size()) pieces.push_back({{end, word.size()}, invert});
            if (how == behavior::merged_with_next) std::ranges::reverse(pieces);
            std::vector<text_span> parts;
            bool after_match = false;
            for (const auto& [where, is_match] : pieces) {
                if (how == behavior::removed && is_match) continue;
                const bool merged_with = how == behavior::merged_with_previous || how == behavior::merged_with_next;
                const bool joins = (merged_with && is_match && !after_match) ||
                                   (how == behavior::contiguous && is_match == after_match);
                after_match = is_match;
                if (joins && !parts.empty())
                    parts.back() = {std::min(parts.back().begin, where.begin), std::max(parts.back().end, where.end)};
                else parts.push_back(where);
            }
            if (how == behavior::merged_with_next) std::ranges::reverse(parts);
            return parts;
        }
    };

    /// Puts a space before each word that has none.
    struct space_adder {
        cut_text operator()(const cut_text& cut) const {
            cut_text result;
            for (std::size_t i = 0; i < cut.words.size(); ++i) {
                const std::size_t begin = result.text.size();
                if (!cut.word(i).starts_with(' ')) result.text += ' ';
                result.text += cut.word(i);
                result.words.push_back({begin, result.text.size()});
            }
            return result;
        }
    };

    /// Writes each byte of each word as its character of the byte alphabet.
    struct speller {
        cut_text operator()(const cut_text& cut) const {
            cut_text result;
            result.text.reserve(cut.text.size() + cut.text.size() / 2);
            result.words.reserve(cut.words.size());
            for (std::size_t i = 0; i < cut.words.size(); ++i) {
                const std::size_t begin = result.text.size();
                result.text += byte_alphabet::spell(cut.word(i));
                result.words.push_back({begin, result.text.size()});
            }
            return result;
        }
    };

    using step = std::variant<splitter, space_adder, speller>;

    void add(const detail::tokenizing::json_part& part) {
        const std::string& type = part.at("type").text();
        // The patterns are those of the Rust library, in PCRE2's words (\s there is Unicode's White_Space).
        if (type == "Sequence") {
            const auto list = part.at("pretokenizers");
            for (std::size_t i = 0; i < list.size(); ++i) add(list.item(i));
        } else if (type == "ByteLevel") {
            if (part.flag("add_prefix_space", true)) steps_.emplace_back(space_adder{});
            if (part.flag("use_regex", true))
                add_split(
                    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+|"
                    "\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+",
                    behavior::isolated);
            steps_.emplace_back(speller{});
        } else if (type == "Split") {
            steps_.emplace_back(splitter{detail::tokenizing::pattern_of(part.at("pattern")),
                                         behavior_of(part.at("behavior")), part.flag("invert", false)});
        } else if (type == "Digits") {
            add_split("\\p{N}", part.flag("individual_digits", false) ? behavior::isolated : behavior::contiguous);
        } else if (type == "WhitespaceSplit") {
            add_split("\\p{White_Space}", behavior::removed);
        } else if (type == "Whitespace") {
            const std::string word = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200C}\\x{200D}";
            add_split("[" + word + "]+|[^" + word + "\\p{White_Space}]+", behavior::removed, true);
        } else {
            fail(part.place(), ": the pre-tokenizer ", detail::tokenizing::shown(type),
                 " is not supported (only ByteLevel, Split, Digits, Whitespace, "
                 "WhitespaceSplit and Sequence)");
        }
    }

    void add_split(std::string_view pattern, behavior how, bool invert = false) {
        steps_.emplace_back(splitter{regex{pattern}, how, invert});
    }

    static behavior behavior_of(const detail::tokenizing::json_part& part) {
        const std::string& name = part.text();
        if (name == "Removed") return behavior::removed;
        if (name == "Isolated") return behavior::isolated;
        if (name == "MergedWithPrevious") return behavior::merged_with_previous;
        if (name == "MergedWithNext") return behavior::merged_with_next;
        require(name == "Contiguous", part.place(), " is ", detail::tokenizing::shown(name),
                ", not Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
        return behavior::contiguous;
    }

    std::vector<step> steps_;
};

}  // namespace aha
