#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include <aha/core/error.hpp>
#include <aha/text/script.hpp>
#include <aha/files/utf8.hpp>

namespace aha {

namespace detail {

/// A language and the scripts it is written in.
struct language_scripts {
    std::string_view code;
    std::array<script, 3> written;  ///< the first one again where there are fewer
};

inline constexpr auto languages_by_script = [] {
    constexpr auto one = [](std::string_view code, script only) { return language_scripts{code, {only, only, only}}; };
    using enum script;
    return std::to_array<language_scripts>({
        one("af", latin),      one("ca", latin),
        one("cs", latin),      one("da", latin),
        one("de", latin),      one("en", latin),
        one("es", latin),      one("et", latin),
        one("eu", latin),      one("fi", latin),
        one("fr", latin),      one("ga", latin),
        one("gl", latin),      one("hr", latin),
        one("hu", latin),      one("id", latin),
        one("is", latin),      one("it", latin),
        one("la", latin),      one("lt", latin),
        one("lv", latin),      one("ms", latin),
        one("nb", latin),      one("nl", latin),
        one("no", latin),      one("pl", latin),
        one("pt", latin),      one("ro", latin),
        one("sk", latin),      one("sl", latin),
        one("sq", latin),      one("sv", latin),
        one("sw", latin),      one("tl", latin),
        one("tr", latin),      one("vi", latin),
        one("be", cyrillic),   one("bg", cyrillic),
        one("kk", cyrillic),   one("mk", cyrillic),
        one("mn", cyrillic),   one("ru", cyrillic),
        one("uk", cyrillic),   language_scripts{"sr", {cyrillic, latin, latin}},
        one("zh", han),        language_scripts{"ja", {han, hiragana, katakana}},
        one("ko", hangul),     one("el", greek),
        one("ar", arabic),     one("fa", arabic),
        one("ur", arabic),     one("he", hebrew),
        one("yi", hebrew),     one("hi", devanagari),
        one("mr", devanagari), one("ne", devanagari),
        one("th", thai),
    });
}();

}  // namespace detail

/// A `word_classifier` that knows a language by its script alone: enough to see Chinese in English, blind to French in
/// English. Languages are ISO 639-1 codes, a region or script after "-" or "_" being ignored ("zh-CN"). Han in Japanese
/// counts as both Japanese and Chinese.
struct script_language {
    /// Whether `word`, which has one script, is written in one of the language's. Throws as `check` does.
    bool operator()(std::string_view word, std::string_view language) const {
        const script written = script_of(utf8::unit_at(word, 0).code);
        const auto& wanted = known(language).written;
        return std::find(wanted.begin(), wanted.end(), written) != wanted.end();
    }

    /// Throws `aha::error` naming a language that is not known.
    void check(std::string_view language) const { known(language); }

private:
    static const detail::language_scripts& known(std::string_view language) {
        const std::string_view code = language.substr(0, language.find_first_of("-_"));
        for (const detail::language_scripts& one : detail::languages_by_script)
            if (one.code == code) return one;
        fail("the scripts of the language \"", language,
             "\" are not known; give language_consistency a classifier that knows it");
    }
};

}  // namespace aha
