#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <aha/core/error.hpp>
#include <aha/core/token_id.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/vocabulary.hpp>

namespace aha {

/// A vocabulary of whole words.
class word_level_model {
public:
    /// As the "model" of a tokenizer.json says. Throws `aha::error` naming what is wrong.
    explicit word_level_model(const detail::tokenizing::json_part& part)
        : tokens_{detail::tokenizing::read_vocabulary(part.at("vocab"))}, unknown_{part.at("unk_token").text()} {}

    /// Ids by token.
    const detail::tokenizing::token_map& tokens() const { return tokens_; }

    /// Calls `emit(id, begin, end)` with the id of the word, or of the unknown token, and its range of bytes, which is
    /// the whole. Throws `aha::error` if neither is in the vocabulary.
    template <class Emit>
    void encode_word(std::string_view word, Emit&& emit) const {
        auto id = detail::tokenizing::find_token(tokens_, word);
        if (!id) id = detail::tokenizing::find_token(tokens_, unknown_);
        require(id.has_value(), "the word ", detail::tokenizing::shown(word),
                " is not in the vocabulary, nor is the unknown token ", detail::tokenizing::shown(unknown_));
        emit(*id, std::size_t{0}, word.size());
    }

private:
    detail::tokenizing::token_map tokens_;
    std::string unknown_;
};

}  // namespace aha
