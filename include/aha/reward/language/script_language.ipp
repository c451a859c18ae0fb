#pragma once

#include <algorithm>
#include <cstddef>

#include <aha/reward/language/script_language.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/utf8.hpp>

namespace aha::detail {

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

}  // namespace aha::detail

namespace aha {

AHA_INLINE bool script_language::operator()(std::string_view word, std::string_view language) const {
    const script written = script_of(utf8::unit_at(word, 0).code);
    const auto& wanted = known(language).written;
    return std::find(wanted.begin(), wanted.end(), written) != wanted.end();
}

AHA_INLINE const detail::language_scripts& script_language::known(std::string_view language) {
    const std::string_view code = language.substr(0, language.find_first_of("-_"));
    for (const detail::language_scripts& one : detail::languages_by_script)
        if (one.code == code) return one;
    fail("the scripts of the language \"", language,
         "\" are not known; give language_consistency a classifier that knows it");
}

}  // namespace aha
