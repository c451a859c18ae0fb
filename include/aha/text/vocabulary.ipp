#pragma once

#include <cstdint>
#include <vector>

#include <aha/text/vocabulary.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/utf8.hpp>

namespace aha::detail::tokenizing {

AHA_INLINE std::optional<token_id> find_token(const token_map& tokens, std::string_view text) {
    const auto found = tokens.find(text);
    return found == tokens.end() ? std::nullopt : std::optional{found->second};
}

AHA_INLINE token_map read_vocabulary(const json_part& part) {
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

AHA_INLINE byte_tokens::byte_tokens(const token_map& tokens) {
    for (std::size_t byte = 0; byte < ids_.size(); ++byte)
        ids_[byte] = find_token(tokens, byte_token(static_cast<unsigned char>(byte))).value_or(-1);
}

AHA_INLINE bool byte_tokens::spell(std::string_view text) const {
    for (const char byte : text)
        if (id(byte) < 0) return false;
    return true;
}

}  // namespace aha::detail::tokenizing
