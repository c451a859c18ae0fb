#pragma once

#include <cstdio>  // before CLD2's header, which uses FILE
#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>
#include <optional>
#include <string>
#include <string_view>

#include <aha/core/error.hpp>
#include <aha/files/utf8.hpp>

namespace aha {

/// A `text_classifier` by Compact Language Detector 2, which knows 83 languages by their letters and letter groups, and
/// so tells French from English: `language_consistency<cld2_language>{{.language = "en"}}`. Needs the CMake target
/// `aha::cld2`, which exists if the library was found (Debian: libcld2-dev).
///
/// CLD2 judges stretches of some dozen letters and more, not words: the share is in bytes of UTF-8 (a Chinese character
/// has three). Stretches whose language it cannot tell, as most texts of few words, count neither way. Languages are
/// CLD2's codes: ISO 639-1, and "zh" or "zh-Hant" for Chinese, of which either counts as the other.
struct cld2_language {
    /// The share of the text in `language`; nothing if CLD2 can tell of no part what it is. Throws as `check` does.
    std::optional<double> operator()(std::string_view text, std::string_view language) const {
        const CLD2::Language wanted = known(language);
        const std::string valid = utf8::replace_invalid(text);
        const CLD2::CLDHints no_hints{nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
        CLD2::Language top[3];
        int percent[3], bytes = 0;
        double scores[3];
        bool reliable = false;
        CLD2::ResultChunkVector stretches;
        CLD2::ExtDetectLanguageSummary(valid.data(), static_cast<int>(valid.size()), true, &no_hints, 0, top, percent,
                                       scores, &stretches, &bytes, &reliable);
        double in_target = 0, in_any = 0;
        for (const CLD2::ResultChunk& stretch : stretches) {
            const auto found = one_chinese(static_cast<CLD2::Language>(stretch.lang1));
            if (found == CLD2::UNKNOWN_LANGUAGE || found == CLD2::TG_UNKNOWN_LANGUAGE) continue;
            in_any += stretch.bytes;
            if (found == wanted) in_target += stretch.bytes;
        }
        return in_any > 0 ? std::optional{in_target / in_any} : std::nullopt;
    }

    /// Throws `aha::error` naming a language that CLD2 does not know.
    void check(std::string_view language) const { known(language); }

private:
    static CLD2::Language one_chinese(CLD2::Language language) {
        return language == CLD2::CHINESE_T ? CLD2::CHINESE : language;
    }

    static CLD2::Language known(std::string_view language) {
        const CLD2::Language found = CLD2::GetLanguageFromName(std::string{language}.c_str());
        require(found != CLD2::UNKNOWN_LANGUAGE, "CLD2 does not know the language \"", language, '"');
        return one_chinese(found);
    }
};

}  // namespace aha
