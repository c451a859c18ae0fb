#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aha/reward/answer_tag.hpp>
#include <aha/reward/characters.hpp>
#include <aha/reward/last_boxed.hpp>
#include <aha/reward/math/same_answer.hpp>

namespace aha::detail {

/// Finds the letter of a choice in a sentence or several. Every letter that stands alone is looked at with the few
/// words before and after it, so that the time is linear.
class letter_reader {
public:
    letter_reader(std::string_view text, std::size_t letters) : text_{text}, letters_{letters} {
        for (std::size_t at = 0; at < text_.size(); ++at) look_at(at);
        for (std::size_t i = found_.size(); i-- > 1;)  // "A and B are wrong"
            if (found_[i].denied && is_list(found_[i - 1], found_[i])) found_[i - 1].denied = true;
    }

    /// The letter that the text gives as its answer: the last one said to be it, else the last one not denied. Nothing
    /// if there is none or it is one of several, "A and B".
    std::optional<std::size_t> answer() const {
        const found* best = nullptr;
        for (const found& one : found_)
            if (!one.denied && (best == nullptr || one.stated || !best->stated)) best = &one;
        if (best == nullptr) return std::nullopt;
        const auto place = static_cast<std::size_t>(best - found_.data());
        const auto rivals = [&](const found& left, const found& right) {
            return !left.denied && !right.denied && left.letter != right.letter && is_list(left, right);
        };
        if (place > 0 && rivals(found_[place - 1], *best) &&
            !(best->stated && joint_is_comma(found_[place - 1], *best)))
            return std::nullopt;
        if (place + 1 < found_.size() && rivals(*best, found_[place + 1])) return std::nullopt;
        return best->letter;
    }

    /// Whether the first letter is said not to be the answer.
    bool denies_first() const { return !found_.empty() && found_.front().denied; }

private:
    struct found {
        std::size_t at = 0, letter = 0;
        bool stated = false;  ///< said to be the answer
        bool denied = false;  ///< said not to be
        bool lower = false;
    };

    static constexpr std::size_t window = 64;  ///< bytes of context on either side

    /// The words before `at`, in lower case, with the marks that open brackets, text and emphasis left out.
    std::string words_before(std::size_t at) const {
        std::string_view before = text_.substr(0, at);
        if (before.size() > window) before = before.substr(before.size() - window);
        for (std::size_t size = before.size() + 1; before.size() != size;) {
            size = before.size();
            before = before.substr(0, before.find_last_not_of(" \t\n([{*\"'`$") + 1);
            for (const std::string_view command : {"\\text", "\\textbf", "\\mathrm", "\\mathbf", "\\boxed", "\\("})
                if (before.ends_with(command)) before.remove_suffix(command.size());
        }
        return lower_case(before);
    }

    /// The words of the sentence after `at`, at most five, in lower case, closing marks left out.
    std::array<std::string, 5> words_after(std::size_t at) const {
        std::string_view after = text_.substr(at, window);
        after.remove_prefix(std::min(after.find_first_not_of(")]}*\"`$"), after.size()));
        std::array<std::string, 5> words;
        for (std::string& word : words) {
            if (&word == &words[0] && after.size() > 1 && (after[0] == ':' || after[0] == ',')) after.remove_prefix(1);
            after.remove_prefix(std::min(after.find_first_not_of(' '), after.size()));
            std::size_t size = 0;
            while (size < after.size() && (is_word_character(after[size]) || after[size] == '\'')) ++size;
            if (size == 0) break;
            word = lower_case(after.substr(0, size));
            after.remove_prefix(size);
        }
        return words;
    }

    /// The last word of `words`, which is taken off.
    static std::string take_word(std::string& words) {
        words.erase(words.find_last_not_of(" \t\n*_") + 1);
        if (words.empty()) return {};
        std::size_t begin = words.size();
        while (begin > 0 && (is_word_character(words[begin - 1]) || words[begin - 1] == '\'')) --begin;
        if (begin == words.size()) --begin;  // a mark
        std::string word = words.substr(begin);
        words.erase(begin);
        return word;
    }

    enum class lead { none, names, states, denies };

    /// What the words before a letter say of it.
    static lead lead_of(std::string words) {
        std::string word = take_word(words);
        bool named = false;
        for (; is_word_of(word,
                          "option choice letter answer the clearly therefore definitely probably likely most obviously "
                          "simply indeed then thus certainly actually just both either");
             word = take_word(words)) {
            if (is_word_of(word, "therefore thus") && !named) break;
            named = named || is_word_of(word, "option choice letter answer");
        }
        if (is_word_of(word,
                       "not isn't wasn't aren't nor neither except than unlike eliminate eliminates eliminated exclude "
                       "excludes excluded reject rejects rejected without never no"))
            return lead::denies;
        if (word == "out" || word == "of") {
            const std::string verb = take_word(words);
            return is_word_of(verb, "rule rules ruled ruling instead") ? lead::denies
                   : named                                             ? lead::names
                                                                       : lead::none;
        }
        if (word == "be") {
            const std::string verb = take_word(words);
            if (is_word_of(verb, "not cannot can't couldn't won't wouldn't shouldn't")) return lead::denies;
            return is_word_of(verb, "must would should will to") ? lead::states : lead::none;
        }
        if (is_word_of(word,
                       "choose chose choosing chosen pick picked select selected with it's so therefore thus hence"))
            return lead::states;
        if (is_word_of(word, "is are was : = as")) {
            bool colon = word == ":";
            for (word = take_word(words); is_word_of(word, "is : are"); word = take_word(words)) colon = true;
            if (is_word_of(word,
                           "answer option choice one solution response letter correct right best conclusion selection"))
                return lead::states;
            if (!colon && is_word_of(word, "it that this")) return lead::states;
            return named ? lead::states : lead::none;
        }
        return named ? lead::names : lead::none;
    }

    static bool denies(const std::array<std::string, 5>& words) {
        if (is_word_of(words[0],
                       "wrong incorrect false isn't wasn't aren't can't cannot doesn't don't won't couldn't fails "
                       "contradicts"))
            return true;
        if (!is_word_of(words[0],
                        "is are was were can could seems seem looks look must should would does do also both"))
            return false;
        return std::any_of(words.begin() + 1, words.end(), [](const std::string& word) {
            return is_word_of(word,
                              "wrong incorrect not false eliminated out excluded impossible invalid unlikely rejected "
                              "too never no");
        });
    }

    static bool states(const std::array<std::string, 5>& words) {
        if (is_word_of(words[0], "because since")) return true;
        if (!is_word_of(words[0], "is must seems looks would was")) return false;
        return std::any_of(words.begin() + 1, words.begin() + 4,
                           [](const std::string& word) { return is_word_of(word, "right correct answer best true"); });
    }

    /// Whether a sentence begins at `at`: there "A" may be an article.
    bool begins_sentence(std::size_t at) const {
        const auto last = text_.substr(0, at).find_last_not_of(" \t([{*\"'`");
        return last == std::string_view::npos ||
               std::string_view{".!?:;\n>-"}.find(text_[last]) != std::string_view::npos;
    }

    void look_at(std::size_t at) {
        const char c = text_[at];
        const bool lower = c >= 'a' && c <= 'z';
        const std::size_t letter = static_cast<std::size_t>(lower ? c - 'a' : c - 'A');
        if (!is_letter(c) || letter >= letters_) return;
        const char left = at > 0 ? text_[at - 1] : ' ';
        if (is_word_character(left) || left == '\\' || left == '\'' || left == '.') return;
        const std::string_view after = text_.substr(at + 1);
        if (!after.empty() && (is_word_character(after[0]) || after[0] == '\'')) return;
        if (after.size() > 1 && after[0] == '.' && is_letter(after[1])) return;  // "A.M."
        const auto last = text_.substr(0, at).find_last_not_of(' ');
        if (last != std::string_view::npos && (text_[last] == '+' || text_[last] == '^')) return;
        const std::string_view next = after.substr(std::min(after.find_first_not_of(" )$"), after.size()));
        if (!next.empty() && std::string_view{"=+^<>"}.find(next[0]) != std::string_view::npos &&
            !after.starts_with('<'))
            return;  // a variable

        const lead before = lead_of(words_before(at));
        const std::array<std::string, 5> words = words_after(at + 1);
        const bool goes_on = after.size() > 1 && after[0] == ' ' && after[1] >= 'a' && after[1] <= 'z';
        if (lower) {
            const bool listed = !found_.empty() && found_.back().lower && is_list(found_.back(), {.at = at});
            if (before == lead::none && !listed) return;
            if (goes_on && (c == 'a' || c == 'i') && !is_word_of(words[0], "because since as and or")) return;
        } else if (goes_on && (c == 'A' || c == 'I') && !is_letter_of_choice(at, before, words[0])) {
            return;
        }
        found_.push_back({at, letter, before == lead::states || (before != lead::denies && states(words)),
                          before == lead::denies || denies(words), lower});
    }

    /// Whether "A" or "I" before the word `next` is a letter, and neither an article nor a pronoun: an article with a
    /// capital begins a sentence, and then comes a noun or an adjective; after the pronoun no verb ends in -s.
    bool is_letter_of_choice(std::size_t at, lead before, std::string_view next) const {
        constexpr std::string_view verbs =
            "is isn't because since seems fits matches works makes gives satisfies describes states says appears looks "
            "contains explains represents shows follows does doesn't has it";
        if (is_word_of(next, verbs)) return true;
        if (text_[at] == 'I')
            return before == lead::names || (before == lead::states && is_word_of(next, "as and or for"));
        return !begins_sentence(at) ||
               is_word_of(next,
                          "was wasn't are as and or but which would should could cannot can't due for rather instead "
                          "not than then when if so the this that in on by with from to of at");
    }

    /// Whether nothing but "and", "or" and the like is between two letters.
    bool is_list(const found& left, const found& right) const {
        const std::string between =
            lower_case(text_.substr(left.at + 1, std::min<std::size_t>(right.at - left.at - 1, 33)));
        if (between.size() > 32) return false;
        std::string plain;
        for (std::size_t at = 0; at < between.size(); ++at) {
            if (between[at] == '\\')  // "\text{ and }"
                while (at + 1 < between.size() && is_letter(between[at + 1])) ++at;
            else if (std::string_view{" ()[]{}*\"'$`"}.find(between[at]) == std::string_view::npos)
                plain += between[at];
        }
        return is_word_of(
            plain, ", and or & / nor ,and ,or and/or ; andoption oroption noroption andchoice orchoice norchoice");
    }

    bool joint_is_comma(const found& left, const found& right) const {
        return text_.substr(left.at + 1, right.at - left.at - 1).find_first_of("nr&/+") == std::string_view::npos;
    }

    std::string_view text_;
    std::size_t letters_;
    std::vector<found> found_;
};

/// The letter that stands alone in `text` as its answer, counted from 0; see `letter_reader`.
inline std::optional<std::size_t> stated_letter(std::string_view text, std::size_t letters) {
    return letter_reader{text, letters}.answer();
}

}  // namespace aha::detail

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

/// The one choice whose text is the number or formula that all of an answer is, "0.5" for "\frac{1}{2}".
inline std::optional<std::size_t> choice_of_value(std::string_view answer, std::span<const std::string> texts) {
    if (texts.empty()) return std::nullopt;
    // letters and words are compared as text
    if (answer.find_first_of("0123456789\\^") == std::string_view::npos) return std::nullopt;
    std::optional<std::size_t> one;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (!aha::same_answer(texts[i], answer)) continue;
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
