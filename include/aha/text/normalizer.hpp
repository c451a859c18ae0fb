#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/text/aligned_text.hpp>
#include <aha/text/byte_alphabet.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/normal_forms.hpp>
#include <aha/text/precompiled_charsmap.hpp>
#include <aha/text/regex.hpp>

namespace aha {

namespace detail::tokenizing {

/// The pattern of a Split or Replace: {"String": ...} or {"Regex": ...}.
regex pattern_of(const json_part& part);

/// Puts `head` before a text that is not empty.
struct prepend {
    std::string head;

    template <class Text>
    void operator()(Text& text) const {
        if (text.text.empty()) return;
        Text made = text.blank();
        made.append(head, text.origin({0, 1}));
        made.append(text, {0, text.text.size()});
        text = std::move(made);
    }
};

/// Puts `content` in the place of each match.
struct replace_matches {
    regex pattern;
    std::string content;

    template <class Text>
    void operator()(Text& text) const {
        if (text.text.empty()) return;  // not even an empty match
        const std::vector<text_span> matches = pattern.matches(text.text);
        if (matches.empty()) return;
        Text made = text.blank();
        std::size_t end = 0;
        for (const text_span match : matches) {
            made.append(text, {end, match.begin});
            // It stands for the last character that it replaces, or for that before it.
            made.append(content, text.origin({match.end == 0 ? 0 : match.end - 1, match.end}));
            end = match.end;
        }
        made.append(text, {end, text.text.size()});
        text = std::move(made);
    }
};

/// White space at the ends goes.
struct strip {
    bool left = true, right = true;

    template <class Text>
    void operator()(Text& text) const {
        std::size_t begin = text.text.size(), end = 0;
        for (std::size_t at = 0; at < text.text.size();) {
            const utf8::unit next = utf8::unit_at(text.text, at);
            if (!is_white_space(next.code)) begin = std::min(begin, at), end = at + next.size;
            at += next.size;
        }
        if (!left) begin = 0;
        if (!right) end = text.text.size();
        Text made = text.blank();
        made.append(text, {begin, std::max(begin, end)});
        text = std::move(made);
    }
};

/// Marks go: those of any kind, or those without width alone.
struct strip_marks {
    bool without_width_only = false;

    template <class Text>
    void operator()(Text& text) const {
        filter_map(
            text,
            [this](char32_t code) {
                return without_width_only ? category(code) != UTF8PROC_CATEGORY_MN : !is_mark(code);
            },
            [](char32_t code) { return code; });
    }
};

/// Small letters for capitals.
struct lowercase {
    template <class Text>
    void operator()(Text& text) const {
        rewrite(text, 0,
                [](std::string_view old, auto put) { each_character(old, [&](char32_t code) { lower(code, put); }); });
    }
};

/// What SentencePiece's "nmt" rules do before all else: control characters go, unusual spaces become spaces.
struct nmt {
    template <class Text>
    void operator()(Text& text) const {
        filter_map(
            text, [](char32_t code) { return !is_control(code); },
            [](char32_t code) { return is_space(code) ? U' ' : code; });
    }

private:
    static constexpr bool is_control(char32_t code) {
        return (code >= 0x01 && code <= 0x08) || code == 0x0B || (code >= 0x0E && code <= 0x1F) || code == 0x7F ||
               code == 0x8F || code == 0x9F;
    }
    static constexpr bool is_space(char32_t code) {
        return code == 0x09 || code == 0x0A || code == 0x0C || code == 0x0D || code == 0x1680 ||
               (code >= 0x200B && code <= 0x200F) || code == 0x2028 || code == 0x2029 || code == 0x2581 ||
               code == 0xFEFF || code == 0xFFFD;
    }
};

/// The cleaning of BERT: control characters go, white space becomes spaces.
struct clean_text {
    template <class Text>
    void operator()(Text& text) const {
        filter_map(
            text, [](char32_t code) { return code != 0 && code != 0xFFFD && !is_control(code); },
            [](char32_t code) { return is_white_space(code) ? U' ' : code; });
    }

private:
    static bool is_control(char32_t code);
};

/// A space on both sides of each ideograph, as BERT has it.
struct space_ideographs {
    template <class Text>
    void operator()(Text& text) const {
        rewrite(text, 0, [](std::string_view old, auto put) {
            each_character(old, [&](char32_t code) {
                if (!is_ideograph(code)) return put(code, 0);
                put(U' ', 0), put(code, 1), put(U' ', 1);
            });
        });
    }

private:
    static constexpr bool is_ideograph(char32_t code) {
        return (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0x3400 && code <= 0x4DBF) ||
               (code >= 0x20000 && code <= 0x2A6DF) || (code >= 0x2A700 && code <= 0x2B81F) ||
               (code >= 0x2B920 && code <= 0x2CEAF) || (code >= 0xF900 && code <= 0xFAFF) ||
               (code >= 0x2F800 && code <= 0x2FA1F);
    }
};

/// Each byte as its character of the byte alphabet.
struct spell_bytes {
    template <class Text>
    void operator()(Text& text) const {
        Text made = text.blank();
        for (std::size_t i = 0; i < text.text.size(); ++i)
            made.append(char32_t{byte_alphabet::characters[static_cast<unsigned char>(text.text[i])]},
                        text.origin({i, i + 1}));
        text = std::move(made);
    }
};

}  // namespace detail::tokenizing

/// What a tokenizer does to a text before it looks at it, as the "normalizer" of a tokenizer.json says. Known: all that
/// the library `tokenizers` 0.23 has (https://huggingface.co/docs/tokenizers/api/normalizers).
class normalizer {
public:
    /// Changes nothing.
    normalizer() = default;

    /// Throws `aha::error` naming what is wrong or not known.
    explicit normalizer(const detail::tokenizing::json_part& part) { add(part); }

    /// `text` is UTF-8, and so is the result.
    std::string operator()(std::string text) const;

    /// The same, for a text that may know where its bytes came from.
    template <class Text>
    void apply(Text& text) const {
        const std::size_t before = text.text.size();
        for (const step& next : steps_) {
            std::visit([&](const auto& s) { s(text); }, next);
            detail::tokenizing::check_growth(before, text.text.size());
        }
    }

    /// True if it changes nothing.
    bool empty() const { return steps_.empty(); }

private:
    using step =
        std::variant<detail::tokenizing::normal_form, detail::tokenizing::prepend, detail::tokenizing::replace_matches,
                     detail::tokenizing::strip, detail::tokenizing::strip_marks, detail::tokenizing::lowercase,
                     detail::tokenizing::nmt, detail::tokenizing::clean_text, detail::tokenizing::space_ideographs,
                     detail::tokenizing::spell_bytes, detail::tokenizing::precompiled_charsmap>;

    void add(const detail::tokenizing::json_part& part);

    void add_bert(const detail::tokenizing::json_part& part);

    std::vector<step> steps_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/text/normalizer.ipp>
#endif
