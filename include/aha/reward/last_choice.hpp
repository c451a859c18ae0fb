#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <aha/reward/answer_tag.hpp>
#include <aha/reward/answer_value.hpp>
#include <aha/reward/characters.hpp>
#include <aha/reward/last_boxed.hpp>
#include <aha/reward/stated_letter.hpp>

namespace aha {

namespace detail {

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
    return lower_case(text);
}

/// Whether what follows a choice's letter goes on with another letter: "(A), (B)", "a) and b) are right".
inline bool names_several(std::string_view after) {
    const auto skip = [&](std::string_view marks) {
        after.remove_prefix(std::min(after.find_first_not_of(marks), after.size()));
    };
    skip(" )]}*.$");
    const std::size_t before = after.size();
    for (const std::string_view join : {",", ";", "/", "&", "and ", "or "})
        if (after.starts_with(join)) after.remove_prefix(join.size()), skip(" ([{*$");
    return after.size() != before && !after.empty() && is_letter(after[0]) &&
           (after.size() == 1 || std::string_view{" )]}*.,;$"}.find(after[1]) != std::string_view::npos);
}

/// The one choice whose text is the number that all of an answer is, "0.5" for "\frac{1}{2}".
inline std::optional<std::size_t> choice_of_value(std::string_view answer, std::span<const std::string> texts) {
    if (texts.empty()) return std::nullopt;
    const answer_value given = read_answer(answer);
    std::optional<std::size_t> one;
    for (std::size_t i = 0; given.number && i < texts.size(); ++i) {
        if (!same_answer(read_answer(texts[i]), given)) continue;
        if (one) return std::nullopt;
        one = i;
    }
    return one;
}

/// The choice that all of a short answer names: "B", "(b)", "B) a cat", "B: a cat", or a choice's text.
inline std::optional<std::size_t> named_choice(std::string_view answer, std::span<const std::string> texts,
                                               std::size_t letters) {
    const std::string plain = plain_answer(answer);
    for (std::size_t i = 0; i < std::min(texts.size(), letters); ++i)
        if (!plain.empty() && plain == plain_answer(texts[i])) return i;
    if (const auto valued = choice_of_value(answer, texts)) return valued;
    std::string_view rest = plain;
    if (rest.starts_with('(') || rest.starts_with('[')) rest.remove_prefix(1);
    if (rest.empty() || rest.front() < 'a' || static_cast<std::size_t>(rest.front() - 'a') >= letters)
        return std::nullopt;
    const std::string_view after = rest.substr(1);
    const bool ends = after.empty() || std::string_view{").:]*}"}.find(after[0]) != std::string_view::npos;
    const bool explained = after.starts_with(" because ") || after.starts_with(" since ");
    if ((!ends && !explained) || names_several(after)) return std::nullopt;
    if (letter_reader{answer, letters}.denies_first()) return std::nullopt;  // "(A) is wrong, (B) is right"
    return static_cast<std::size_t>(rest.front() - 'a');
}

}  // namespace detail

/// The choice that a text answers with, counted from 0. Nothing if there is none.
///
/// Looked for in the last `<answer>...</answer>`, in that in the last `\boxed{...}`, without tags in the last box of
/// all: there stands a letter ("B", "(B)", "\text{B}", "B) a cat"), the text of a choice, or a sentence with a letter
/// alone ("The answer is B"). Without tags and box it is the letter that the text says is the answer ("So B.", "B is
/// right", "the answer is b"), else the last capital letter that stands alone; not one that is denied ("B is wrong",
/// "not B"), nor the article A or the pronoun I. Several letters ("A and B") are no answer. Every letter is read alike:
/// in "A because it is cold" and "A is right" A is a letter, in "A dog barks" an article. Linear time.
/// @param texts of the choices, if they are known
/// @param letters how many there are, at most 26
inline std::optional<std::size_t> last_choice(std::string_view text, std::span<const std::string> texts,
                                              std::size_t letters) {
    const std::optional<std::string> tagged = answer_tag(text);
    const std::string_view where = tagged ? std::string_view{*tagged} : text;
    const std::optional<std::string> boxed = last_boxed(where);
    if (!tagged && !boxed) return detail::stated_letter(text, letters);
    const std::string_view answer = boxed ? std::string_view{*boxed} : where;
    if (const auto named = detail::named_choice(answer, texts, letters)) return named;
    return detail::stated_letter(answer, letters);
}

}  // namespace aha
