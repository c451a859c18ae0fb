#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/token_id.hpp>
#include <aha/text/jinja/characters.hpp>
#include <aha/text/regex.hpp>

namespace aha {

/// A token that is looked for in the text itself, before it is cut into words: "<|im_end|>".
struct added_token {
    token_id id = 0;           ///< its token
    std::string content{};     ///< its text, which is found before anything else is tokenized
    bool single_word = false;  ///< not inside a word
    bool lstrip = false;       ///< takes white space before it along
    bool rstrip = false;       ///< takes white space after it along
    bool normalized = true;    ///< is looked for in the normalized text
    bool special = false;      ///< leaves no trace in decoded text
};

namespace detail::tokenizing {

/// Finds added tokens: at each place from left to right the longest one, as the Rust library does.
class added_token_finder {
public:
    /// A stretch of a text, and the token that it is, if it is one.
    struct piece {
        text_span where;
        std::optional<token_id> id;
    };

    added_token_finder() = default;
    explicit added_token_finder(std::vector<added_token> tokens) : tokens_{std::move(tokens)} {
        std::ranges::stable_sort(tokens_, {}, &added_token::content);
        for (const added_token& token : tokens_) starts_[static_cast<unsigned char>(token.content.at(0))] = true;
    }

    /// `text` cut at the tokens in it. A stretch that two tokens' white space covers may belong to both.
    std::vector<piece> operator()(std::string_view text) const {
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

private:
    const added_token* longest_at(std::string_view text, std::size_t at) const {
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

    static bool is_white(std::uint32_t code) { return jinja::is_space(code) && !(code >= 0x1C && code <= 0x1F); }

    static const regex& word_character() {
        static const regex one{"[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\x{200C}\\x{200D}]"};
        return one;
    }
    static bool starts_with_word(std::string_view text) {
        const std::size_t size = utf8::unit_at(text, 0).size;
        return size > 0 && !word_character().matches(text.substr(0, size)).empty();
    }
    static bool ends_with_word(std::string_view text) {
        std::size_t at = text.size();
        while (at > 0 && (static_cast<unsigned char>(text[--at]) & 0xC0) == 0x80) {
        }
        return starts_with_word(text.substr(at));
    }

    std::vector<added_token> tokens_;  // sorted by content
    std::vector<bool> starts_ = std::vector<bool>(256);
};

}  // namespace detail::tokenizing

}  // namespace aha
