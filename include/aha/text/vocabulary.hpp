#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/token_id.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/json_part.hpp>

/// What the models of words have in common: tokens by their spelling.
namespace aha::detail::tokenizing {

/// Lets a map of strings be asked with views.
struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using token_map = std::unordered_map<std::string, token_id, text_hash, std::equal_to<>>;

inline std::optional<token_id> find_token(const token_map& tokens, std::string_view text) {
    const auto found = tokens.find(text);
    return found == tokens.end() ? std::nullopt : std::optional{found->second};
}

/// The "vocab" of a model: each id once.
inline token_map read_vocabulary(const json_part& part) {
    require(part.value().is_object(), part.place(), " is not an object");
    require(!part.value().empty(), part.place(), " is empty");
    token_map tokens;
    tokens.reserve(part.value().size());
    std::vector<bool> taken;
    for (const auto& [text, value] : part.value().items()) {
        // The place is named only where it is complained about: there are many.
        const auto place = [&part, &text = text] { return part.place() + "[" + shown(text) + "]"; };
        if (!utf8::is_valid(text)) fail(place(), " is not UTF-8");
        const bool sound = value.is_number_unsigned() && value.template get<std::uint64_t>() < std::uint64_t{id_limit};
        const token_id id = sound ? value.template get<token_id>() : json_part{value, place()}.id();
        if (taken.size() <= static_cast<std::size_t>(id)) taken.resize(static_cast<std::size_t>(id) + 1);
        if (taken[static_cast<std::size_t>(id)]) fail(place(), ": the id ", id, " is given twice");
        taken[static_cast<std::size_t>(id)] = true;
        tokens.emplace(text, id);
    }
    return tokens;
}

/// The token that stands for one byte where bytes are spelt out, as SentencePiece writes it: "<0x0A>".
inline std::string byte_token(unsigned char byte) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    return std::string{"<0x"} + digits[byte >> 4U] + digits[byte & 15U] + ">";
}

/// The id of each byte's token, -1 where the vocabulary has none: what is no token can be spelt in bytes.
class byte_tokens {
public:
    explicit byte_tokens(const token_map& tokens) {
        for (std::size_t byte = 0; byte < ids_.size(); ++byte)
            ids_[byte] = find_token(tokens, byte_token(static_cast<unsigned char>(byte))).value_or(-1);
    }

    /// The id of `byte`, or -1.
    token_id id(char byte) const { return ids_[static_cast<unsigned char>(byte)]; }

    /// True if each byte of `text` has a token.
    bool spell(std::string_view text) const {
        for (const char byte : text)
            if (id(byte) < 0) return false;
        return true;
    }

private:
    std::array<token_id, 256> ids_{};
};

}  // namespace aha::detail::tokenizing
