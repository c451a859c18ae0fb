#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <aha/core/token_id.hpp>
#include <aha/text/json_part.hpp>

/// What the models of words have in common: tokens by their spelling.
namespace aha::detail::tokenizing {

/// Lets a map of strings be asked with views.
struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using token_map = std::unordered_map<std::string, token_id, text_hash, std::equal_to<>>;

std::optional<token_id> find_token(const token_map& tokens, std::string_view text);

/// The "vocab" of a model: each id once.
token_map read_vocabulary(const json_part& part);

/// The id of each byte's token, -1 where the vocabulary has none: what is no token can be spelt in bytes.
class byte_tokens {
public:
    explicit byte_tokens(const token_map& tokens);

    /// The id of `byte`, or -1.
    token_id id(char byte) const { return ids_[static_cast<unsigned char>(byte)]; }

    /// True if each byte of `text` has a token.
    bool spell(std::string_view text) const;

private:
    std::array<token_id, 256> ids_{};
};

}  // namespace aha::detail::tokenizing

#ifndef AHA_COMPILED
#include <aha/text/vocabulary.ipp>
#endif
