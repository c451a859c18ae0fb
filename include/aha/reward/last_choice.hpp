#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <aha/reward/answer_tag.hpp>
#include <aha/reward/last_boxed.hpp>

namespace aha {

namespace detail {

inline bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

/// Lower case, no white space at the ends, none of the marks of Markdown and LaTeX around, no full stop at the end.
inline std::string plain_answer(std::string_view text) {
    constexpr std::string_view around = " \t\n\v\f\r*$`\"'.";
    for (bool changed = true; changed;) {
        const std::size_t before = text.size();
        const std::size_t first = text.find_first_not_of(around);
        if (first == std::string_view::npos) return {};
        text = text.substr(first, text.find_last_not_of(around) - first + 1);
        for (const std::string_view command : {"\\text{", "\\textbf{", "\\mathrm{", "\\mathbf{"})
            if (text.starts_with(command) && text.ends_with('}'))
                text = text.substr(command.size(), text.size() - command.size() - 1);
        changed = text.size() != before;
    }
    std::string plain{text};
    std::transform(plain.begin(), plain.end(), plain.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return plain;
}

/// The choice that all of a short answer names: "B", "(b)", "B) a cat", "B: a cat", or a choice's text.
inline std::optional<std::size_t> named_choice(std::string_view answer, std::span<const std::string> texts,
                                               std::size_t letters) {
    const std::string plain = plain_answer(answer);
    for (std::size_t i = 0; i < std::min(texts.size(), letters); ++i)
        if (!plain.empty() && plain == plain_answer(texts[i])) return i;
    std::string_view rest = plain;
    if (rest.starts_with('(') || rest.starts_with('[')) rest.remove_prefix(1);
    if (rest.empty() || rest.front() < 'a' || static_cast<std::size_t>(rest.front() - 'a') >= letters)
        return std::nullopt;
    const bool ends = rest.size() == 1 || std::string_view{").:]*}"}.find(rest[1]) != std::string_view::npos;
    return ends ? std::optional{static_cast<std::size_t>(rest.front() - 'a')} : std::nullopt;
}

/// The last capital letter that stands alone; not an article or pronoun, "A dog", "I think", "I'm".
inline std::optional<std::size_t> last_lone_letter(std::string_view text, std::size_t letters) {
    for (std::size_t at = text.size(); at-- > 0;) {
        if (text[at] < 'A' || static_cast<std::size_t>(text[at] - 'A') >= letters) continue;
        if (at > 0 && (is_word_character(text[at - 1]) || text[at - 1] == '\\' || text[at - 1] == '\'')) continue;
        const std::string_view after = text.substr(at + 1);
        if (!after.empty() && (is_word_character(after[0]) || after[0] == '\'')) continue;
        const bool sentence_goes_on = after.size() > 1 && after[0] == ' ' && after[1] >= 'a' && after[1] <= 'z';
        if (sentence_goes_on && (text[at] == 'A' || text[at] == 'I')) continue;
        return static_cast<std::size_t>(text[at] - 'A');
    }
    return std::nullopt;
}

}  // namespace detail

/// The choice that a text answers with, counted from 0. Nothing if there is none.
///
/// Looked for in the last `<answer>...</answer>`, in that in the last `\boxed{...}`, without tags in the last box of
/// all: there stands a letter ("B", "(B)", "\text{B}", "B) a cat"), the text of a choice, or a sentence with a letter
/// alone ("The answer is B"). Without tags and box it is the last capital letter that stands alone in the text, the
/// words A and I in a sentence left out. Linear time.
/// @param texts of the choices, if they are known
/// @param letters how many there are, at most 26
inline std::optional<std::size_t> last_choice(std::string_view text, std::span<const std::string> texts,
                                              std::size_t letters) {
    const std::optional<std::string> tagged = answer_tag(text);
    const std::string_view where = tagged ? std::string_view{*tagged} : text;
    const std::optional<std::string> boxed = last_boxed(where);
    if (!tagged && !boxed) return detail::last_lone_letter(text, letters);
    const std::string_view answer = boxed ? std::string_view{*boxed} : where;
    if (const auto named = detail::named_choice(answer, texts, letters)) return named;
    return detail::last_lone_letter(answer, letters);
}

}  // namespace aha
