#pragma once

#include <algorithm>
#include <utility>

#include <aha/text/added_tokens.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail::tokenizing {

AHA_INLINE added_token_finder::added_token_finder(std::vector<added_token> tokens) : tokens_{std::move(tokens)} {
    std::ranges::stable_sort(tokens_, {}, &added_token::content);
    for (const added_token& token : tokens_) starts_[static_cast<unsigned char>(token.content.at(0))] = true;
}

AHA_INLINE auto added_token_finder::operator()(std::string_view text) const -> std::vector<piece> {
    std::vector<piece> pieces;
    std::size_t done = 0;
    for (std::size_t at = 0; at < text.size();) {
        const added_token* const token = longest_at(text, at);
        if (token == nullptr) {
            ++at;
            continue;
        }
        std::size_t begin = at, end = at + token->content.size();
        at = end;
        if (token->single_word && (ends_with_word(text.substr(0, begin)) || starts_with_word(text.substr(end))))
            continue;
        if (token->lstrip) begin = std::max(done, jinja::end_without_trailing(text.substr(0, begin), is_white));
        if (token->rstrip) end += jinja::leading(text.substr(end), is_white);
        if (done < begin) pieces.push_back({{done, begin}, std::nullopt});
        pieces.push_back({{begin, end}, token->id});
        done = end;
    }
    if (done < text.size()) pieces.push_back({{done, text.size()}, std::nullopt});
    return pieces;
}

AHA_INLINE const added_token* added_token_finder::longest_at(std::string_view text, std::size_t at) const {
    if (!starts_[static_cast<unsigned char>(text[at])]) return nullptr;
    // The tokens that begin with the text so far are neighbors; each byte leaves fewer of them.
    auto low = tokens_.begin(), high = tokens_.end();
    const added_token* longest = nullptr;
    for (std::size_t i = 0; at + i < text.size(); ++i) {
        const auto byte = [i](const added_token& token) { return static_cast<unsigned char>(token.content[i]); };
        const auto wanted = static_cast<unsigned char>(text[at + i]);
        const auto range = std::ranges::equal_range(low, high, wanted, {}, byte);
        low = range.begin(), high = range.end();
        if (low == high) break;
        if (low->content.size() == i + 1) longest = &*low++;
    }
    return longest;
}

AHA_INLINE const regex& added_token_finder::word_character() {
    static const regex one{"[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200C}\\x{200D}]"};
    return one;
}

AHA_INLINE bool added_token_finder::starts_with_word(std::string_view text) {
    const std::size_t size = utf8::unit_at(text, 0).size;
    return size > 0 && !word_character().matches(text.substr(0, size)).empty();
}

AHA_INLINE bool added_token_finder::ends_with_word(std::string_view text) {
    std::size_t at = text.size();
    while (at > 0 && (static_cast<unsigned char>(text[--at]) & 0xC0) == 0x80) {
    }
    return starts_with_word(text.substr(at));
}

}  // namespace aha::detail::tokenizing
