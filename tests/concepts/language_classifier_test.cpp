#include <aha/concepts/language_classifier.hpp>

#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace aha;

template <class Result>
struct giving {
    Result operator()(std::string_view, std::string_view) const;
};
struct checking : giving<bool> {
    void check(std::string_view) const;
};
struct callable_unless_const {
    bool operator()(std::string_view, std::string_view);
};
struct without_a_language {
    bool operator()(std::string_view) const;
};

TEST(language_classifier_concept, gives_a_bool_for_a_word_or_a_share_for_a_text) {
    static_assert(word_classifier<giving<bool>> && !text_classifier<giving<bool>>);
    static_assert(text_classifier<giving<std::optional<double>>> && !word_classifier<giving<std::optional<double>>>);
    static_assert(require_language_classifier<giving<bool>>());
    static_assert(require_language_classifier<giving<std::optional<double>>>());
    const auto lambda = [](std::string_view word, std::string_view) { return word == "yes"; };
    static_assert(language_classifier<decltype(lambda)>);
    const auto of_strings = [](const std::string_view& word, const std::string_view& language) {
        return word == language;
    };
    static_assert(language_classifier<decltype(of_strings)>);
}

TEST(language_classifier_concept, is_nothing_else) {
    static_assert(classifier_is_callable<giving<double>> && !language_classifier<giving<double>>);
    static_assert(!language_classifier<giving<int>> && !language_classifier<giving<void>>);
    static_assert(!classifier_is_callable<callable_unless_const> && !language_classifier<callable_unless_const>);
    static_assert(!classifier_is_callable<without_a_language>);
}

TEST(language_classifier_concept, may_check_languages) {
    static_assert(classifier_checks_languages<checking> && language_classifier<checking>);
    static_assert(!classifier_checks_languages<giving<bool>>);
}

}  // namespace
