#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/concepts/language_classifier.hpp>
#include <aha/concepts/reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/chain_of_thought.hpp>
#include <aha/reward/language/script_language.hpp>
#include <aha/text/words.hpp>

namespace aha {

/// `text` without what belongs to no natural language, each stretch of it replaced by a space: code (fenced, or in
/// backticks within a paragraph), LaTeX (`$..$`, `$$..$$`, `\(..\)`, `\[..\]`, environments, commands with their
/// arguments) and R1's four tags. What is opened and never closed is left as text, but for a fence, which runs to the
/// end, and commands, which go without arguments. Dollars around white space or before a digit are prices.
std::string prose(std::string_view text);

/// Which language, and where.
struct language_consistency_options {
    std::string language{};          ///< the same for every prompt: "en"; empty: the data row says it
    std::string field = "language";  ///< the data row's field that holds the language where `language` is empty
    judged_part part{};              ///< the chain of thought, as in the paper, or the whole text

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const;
};

/// R1's language consistency reward: the share of a chain of thought's words that are in the target language, in [0, 1]
/// (paper, section 2.3.2 of v1), to be added to the others with weight 1.
///
/// Code, LaTeX and digits do not count (see `prose`, `words_of`: a Han or kana character is a word), and a text without
/// words scores 1, since nothing in it is in another language; the paper does not say how it counts. What is in the
/// language the slot `Classifier` decides. Throws `aha::error` if a row has no such field, or if the classifier does
/// not know the language.
template <language_classifier Classifier = script_language>
class language_consistency {
public:
    explicit language_consistency(language_consistency_options options = {}, Classifier classifier = {})
        : options_{std::move(options)}, classifier_{std::move(classifier)} {
        options_.validate();
        if constexpr (classifier_checks_languages<Classifier>)
            if (!options_.language.empty()) classifier_.check(options_.language);
    }

    double operator()(const prompt& asked, const completion& given) const {
        const std::string_view language = target(asked);
        if constexpr (classifier_checks_languages<Classifier>) classifier_.check(language);  // a text may have no words
        const std::string text = prose(options_.part(given.text));
        if constexpr (text_classifier<Classifier>) {
            const std::optional<double> share = classifier_(std::string_view{text}, language);
            return share.value_or(1);
        } else {
            const std::vector<word> words = words_of(text);
            const auto in_target =
                std::count_if(words.begin(), words.end(), [&](const word& w) { return classifier_(w.text, language); });
            return words.empty() ? 1 : static_cast<double>(in_target) / static_cast<double>(words.size());
        }
    }

    const language_consistency_options& options() const { return options_; }

private:
    std::string_view target(const prompt& asked) const {
        if (!options_.language.empty()) return options_.language;
        const json& value = asked[options_.field];
        require(value.is_string(), "prompt ", asked.index, " has the language ", value.dump(), " in its field \"",
                options_.field, "\", which is no text");
        return value.get_ref<const std::string&>();
    }

    language_consistency_options options_;
    Classifier classifier_;
};

template <>
inline constexpr bool deterministic_reward<language_consistency<script_language>> = true;

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/language_consistency.ipp>
#endif
