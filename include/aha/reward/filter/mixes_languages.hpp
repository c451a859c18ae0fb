#pragma once

#include <string_view>
#include <utility>

#include <aha/concepts/language_classifier.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/language/script_language.hpp>
#include <aha/reward/language_consistency.hpp>

namespace aha {

/// How much of a text must be in its language. The paper names no threshold.
struct mixes_languages_options {
    double at_least = 0.95;                      ///< share of words in the language, in [0, 1]
    language_consistency_options consistency{};  ///< which language, and where

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(at_least >= 0 && at_least <= 1, "at_least must be in [0, 1], not ", at_least);
        consistency.validate();
    }
};

/// A `completion_filter` that drops what `language_consistency` scores below a threshold, as R1's rejection sampling
/// does with mixed languages (paper, section 2.3.3 of v1).
template <language_classifier Classifier = script_language>
class mixes_languages {
public:
    explicit mixes_languages(mixes_languages_options options = {}, Classifier classifier = {})
        : at_least_{options.at_least}, consistency_{options.consistency, std::move(classifier)} {
        options.validate();
    }

    bool operator()(const prompt& asked, const completion& given) const {
        return consistency_(asked, given) >= at_least_;
    }

    std::string_view name() const { return "mixes_languages"; }

private:
    double at_least_;
    language_consistency<Classifier> consistency_;
};

}  // namespace aha
