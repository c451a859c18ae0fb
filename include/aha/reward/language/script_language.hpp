#pragma once

#include <array>
#include <string_view>

#include <aha/text/script.hpp>

namespace aha {

namespace detail {

/// A language and the scripts it is written in.
struct language_scripts {
    std::string_view code;
    std::array<script, 3> written;  ///< the first one again where there are fewer
};

}  // namespace detail

/// A `word_classifier` that knows a language by its script alone: enough to see Chinese in English, blind to French in
/// English. Languages are ISO 639-1 codes, a region or script after "-" or "_" being ignored ("zh-CN"). Han in Japanese
/// counts as both Japanese and Chinese.
struct script_language {
    /// Whether `word`, which has one script, is written in one of the language's. Throws as `check` does.
    bool operator()(std::string_view word, std::string_view language) const;

    /// Throws `aha::error` naming a language that is not known.
    void check(std::string_view language) const { known(language); }

private:
    static const detail::language_scripts& known(std::string_view language);
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/language/script_language.ipp>
#endif
