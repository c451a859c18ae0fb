#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utf8proc.h>
#include <utility>
#include <vector>

#include <aha/files/utf8.hpp>
#include <aha/text/aligned_text.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/normal_forms.hpp>

namespace aha::detail::tokenizing {

/// The rewriting rules that a SentencePiece model carries ("precompiled_charsmap"): a double-array trie over bytes
/// (the layout of Darts-clone), whose values are places in a row of texts that end with 0.
class precompiled_charsmap {
public:
    /// `part` is the base64 text: a 32-bit size, that many bytes of the trie's units, then the texts. Throws
    /// `aha::error` naming what is wrong.
    explicit precompiled_charsmap(const json_part& part);

    /// Rewrites each grapheme of fewer than 6 bytes that a rule begins, and of the others each character, as the
    /// library `tokenizers` does: the shortest rule counts, and stands for all of the grapheme.
    template <class Text>
    void operator()(Text& text) const {
        bool modified = false;
        std::vector<std::pair<char32_t, int>> changes;
        const auto replace = [&](std::string_view old) {
            const auto found = rule(old);
            if (!found) return false;
            modified = true;
            const std::ptrdiff_t before = count(old), after = count(*found);
            std::ptrdiff_t place = 0;
            each_character(*found, [&](char32_t code) { changes.emplace_back(code, place++ < before ? 0 : 1); });
            if (after < before && !changes.empty()) changes.back().second += static_cast<int>(after - before);
            return true;
        };
        const auto rewrite_grapheme = [&](std::string_view grapheme) {
            if (grapheme.size() < 6 && replace(grapheme)) return;
            for (std::size_t at = 0; at < grapheme.size();) {
                const utf8::unit next = utf8::unit_at(grapheme, at);
                if (!replace(grapheme.substr(at, next.size))) changes.emplace_back(next.code, 0);
                at += next.size;
            }
        };
        const std::string_view all = text.text;
        std::size_t begin = 0, at = 0;
        utf8proc_int32_t state = 0, last = 0;
        while (at < all.size()) {
            const utf8::unit next = utf8::unit_at(all, at);
            const utf8proc_int32_t code = as_utf8proc(next.code);
            if (at > 0 && utf8proc_grapheme_break_stateful(last, code, &state)) {
                rewrite_grapheme(all.substr(begin, at - begin));
                begin = at;
            }
            last = code;
            at += next.size;
        }
        if (begin < all.size()) rewrite_grapheme(all.substr(begin));
        if (!modified) return;
        rewrite(text, 0, [&](std::string_view, auto put) {
            for (const auto& [code, change] : changes) put(code, change);
        });
    }

private:
    static std::ptrdiff_t count(std::string_view text);

    /// What the shortest rule that `text` begins with says. A damaged trie leads nowhere, or to any text.
    std::optional<std::string_view> rule(std::string_view text) const;

    std::vector<std::uint32_t> units_;
    std::string texts_;
};

}  // namespace aha::detail::tokenizing

#ifndef AHA_COMPILED
#include <aha/text/precompiled_charsmap.ipp>
#endif
