#pragma once

#include <concepts>
#include <optional>
#include <string_view>

#include <aha/concepts/result.hpp>

/// A language classifier says how much of a text is in a language: what `language_consistency` counts with. A lambda is
/// one.
///
/// 1. It is called as a const object with `(text, language)`, both `std::string_view`, from several threads at once.
///    The language is a code such as "en"; the text has no code and no LaTeX in it.
/// 2. Either it gives a bool, and is called once a word: whether that word is in the language. Or it gives a
///    `std::optional<double>`, and is called once a text: the share in [0, 1] that is in the language, nothing if it
///    finds no words.
/// 3. Optional: `check(language) const` throws `aha::error` for a language that it does not know; called before any
///    text, and at once with a language that is the same for all.
///
/// Not required: that it tells all languages apart; default construction (unless it is left to be); copies.
namespace aha {

/// Callable as a const object with a text and a language.
template <class C>
concept classifier_is_callable = std::invocable<const C&, std::string_view, std::string_view>;

/// Gives a bool, and is asked word by word.
template <class C>
concept word_classifier = classifier_is_callable<C> && requires(const C& c, std::string_view text) {
    { c(text, text) } -> detail::yields<bool>;
};

/// Gives a share, and is asked about whole texts.
template <class C>
concept text_classifier = classifier_is_callable<C> && requires(const C& c, std::string_view text) {
    { c(text, text) } -> detail::yields<std::optional<double>>;
};

/// `check(language) const` can be called; not required.
template <class C>
concept classifier_checks_languages = requires(const C& c, std::string_view language) { c.check(language); };

/// How much of a text is in a language.
template <class C>
concept language_classifier = word_classifier<C> || text_classifier<C>;

/// True, or a compile-time error that says what to write.
template <class C>
consteval bool require_language_classifier() {
    static_assert(classifier_is_callable<C>,
                  "aha: a language classifier is called as a const object with a text and a language; write: "
                  "bool operator()(std::string_view word, std::string_view language) const;");
    static_assert(!classifier_is_callable<C> || language_classifier<C>,
                  "aha: a language classifier gives a bool for a word or a std::optional<double> for a text; write: "
                  "bool operator()(std::string_view word, std::string_view language) const;");
    return true;
}

}  // namespace aha
