#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aha/concepts/tokenizer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/token_id.hpp>
#include <aha/files/utf8.hpp>

namespace aha {

/// The smallest tokenizer: a token for each byte and one that ends a text. For tests and for models from scratch.
class byte_tokenizer {
public:
    static constexpr token_id end_id = 256;  ///< has no text, and no text encodes to it

    /// The bytes of `text`, whatever they are.
    std::vector<token_id> encode(std::string_view text) const {
        std::vector<token_id> ids;
        ids.reserve(text.size());
        for (const char c : text) ids.push_back(static_cast<unsigned char>(c));
        return ids;
    }

    /// The text of `ids`: UTF-8, with U+FFFD for bytes that are none. Throws `aha::error` for an id that is no token.
    std::string decode(std::span<const token_id> ids) const {
        std::string text;
        text.reserve(ids.size());
        for (const token_id id : ids) {
            require(id >= 0 && id <= end_id, "the token id ", id, " is not in the vocabulary of ", vocabulary_size());
            if (id < end_id) text += static_cast<char>(id);
        }
        return utf8::replace_invalid(text);
    }

    const std::vector<token_id>& end_ids() const { return end_ids_; }
    std::int64_t vocabulary_size() const { return end_id + 1; }

private:
    std::vector<token_id> end_ids_{end_id};
};

static_assert(tokenizer<byte_tokenizer>);

}  // namespace aha
