#pragma once

#include <memory>
#include <optional>

#include <aha/text/normalizer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/text/oniguruma.hpp>

namespace aha::detail::tokenizing {

AHA_INLINE regex pattern_of(const json_part& part) {
    if (const auto text = part.find("String")) return regex{regex::quoted(text->text())};
    const json_part pattern = part.at("Regex");
    try {
        return regex{oniguruma_to_pcre2{pattern.text()}.take()};
    } catch (const error& wrong) {
        fail(pattern.place(), ": ", wrong.what());
    }
}

AHA_INLINE bool clean_text::is_control(char32_t code) {
    if (code == '\t' || code == '\n' || code == '\r') return false;
    const utf8proc_category_t kind = category(code);
    return kind == UTF8PROC_CATEGORY_CC || kind == UTF8PROC_CATEGORY_CF || kind == UTF8PROC_CATEGORY_CO;
}

}  // namespace aha::detail::tokenizing

namespace aha {

AHA_INLINE std::string normalizer::operator()(std::string text) const {
    detail::tokenizing::plain_text plain{std::move(text)};
    apply(plain);
    return std::move(plain.text);
}

AHA_INLINE void normalizer::add(const detail::tokenizing::json_part& part) {
    namespace steps = detail::tokenizing;
    const std::string& type = part.at("type").text();
    if (type == "Sequence") {
        const auto list = part.at("normalizers");
        for (std::size_t i = 0; i < list.size(); ++i) add(list.item(i));
    } else if (type == "NFC" || type == "NFD" || type == "NFKC" || type == "NFKD") {
        steps_.emplace_back(steps::normal_form{.composed = type.back() == 'C', .compatible = type[2] == 'K'});
    } else if (type == "Prepend") {
        steps_.emplace_back(steps::prepend{part.at("prepend").text()});
    } else if (type == "Replace") {
        steps_.emplace_back(steps::replace_matches{steps::pattern_of(part.at("pattern")), part.at("content").text()});
    } else if (type == "Lowercase") {
        steps_.emplace_back(steps::lowercase{});
    } else if (type == "Strip") {
        steps_.emplace_back(steps::strip{part.at("strip_left").flag(), part.at("strip_right").flag()});
    } else if (type == "StripAccents") {
        steps_.emplace_back(steps::strip_marks{});
    } else if (type == "Nmt") {
        steps_.emplace_back(steps::nmt{});
    } else if (type == "BertNormalizer") {
        add_bert(part);
    } else if (type == "ByteLevel") {
        steps_.emplace_back(steps::spell_bytes{});
    } else if (type == "Precompiled") {
        steps_.emplace_back(steps::precompiled_charsmap{part.at("precompiled_charsmap")});
    } else {
        fail(part.place(), ": the normalizer ", steps::shown(type),
             " is not known (only NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, BertNormalizer, "
             "ByteLevel, Prepend, Replace, Precompiled and Sequence)");
    }
}

AHA_INLINE void normalizer::add_bert(const detail::tokenizing::json_part& part) {
    namespace steps = detail::tokenizing;
    const bool lower = part.flag("lowercase", true);
    if (part.flag("clean_text", true)) steps_.emplace_back(steps::clean_text{});
    if (part.flag("handle_chinese_chars", true)) steps_.emplace_back(steps::space_ideographs{});
    if (part.flag("strip_accents", lower)) {
        steps_.emplace_back(steps::normal_form{.composed = false});
        steps_.emplace_back(steps::strip_marks{.without_width_only = true});
    }
    if (lower) steps_.emplace_back(steps::lowercase{});
}

}  // namespace aha
