#pragma once

#include <algorithm>
#include <ranges>
#include <span>
#include <string_view>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/core/token_id.hpp>

namespace aha {

/// A text as tokens, as a model of the tokenizer's kind reads it from its beginning. What the tokenizer puts before
/// every text (its first token) is added unless the text spells it out, or a chat template wrote it: that says itself
/// how it begins. What the tokenizer would put behind a text is not: the text goes on.
template <class Tokenizer>
std::vector<token_id> text_tokens(const Tokenizer& tokenizer, std::string_view text, bool templated = false) {
    std::vector<token_id> ids = tokenizer.encode(text);
    if constexpr (requires { tokenizer.encode_with_special(text); }) {
        if (templated || std::ranges::empty(tokenizer.encode_with_special(std::string_view{}))) return ids;
        const std::vector<token_id> framed = tokenizer.encode_with_special(text);
        const auto own = std::ranges::search(framed, ids).begin();
        const std::vector<token_id> before(framed.begin(), own);
        const bool spelled_out =
            before.size() <= ids.size() && std::ranges::equal(before, std::span{ids}.first(before.size()));
        if (!spelled_out) ids.insert(ids.begin(), before.begin(), before.end());
    }
    return ids;
}

/// The prompt's text as tokens (`text_tokens`). Throws `aha::error` for an empty one.
template <class Source>
std::vector<token_id> tokens_of(const Source& source, const prompt& p) {
    if constexpr (requires { source.tokenizer.encode(p.text); }) {
        std::vector<token_id> ids = text_tokens(source.tokenizer, p.text, p.templated);
        require(!ids.empty(), "prompt ", p.index, " is empty");
        return ids;
    } else {
        fail("prompt ", p.index, " has no tokens, and a bare model has no tokenizer to make them");
    }
}

}  // namespace aha
