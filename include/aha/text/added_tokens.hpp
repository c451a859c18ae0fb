#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
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
    explicit added_token_finder(std::vector<added_token> tokens);

    /// `text` cut at the tokens in it. A stretch that two tokens' white space covers may belong to both.
    std::vector<piece> operator()(std::string_view text) const;

private:
    const added_token* longest_at(std::string_view text, std::size_t at) const;

    static bool is_white(std::uint32_t code) { return jinja::is_space(code) && !(code >= 0x1C && code <= 0x1F); }

    static const regex& word_character();
    static bool starts_with_word(std::string_view text);
    static bool ends_with_word(std::string_view text);

    std::vector<added_token> tokens_;  // sorted by content
    std::vector<bool> starts_ = std::vector<bool>(256);
};

}  // namespace detail::tokenizing

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/text/added_tokens.ipp>
#endif
