#pragma once

#include <string>
#include <variant>

#include <aha/core/error.hpp>
#include <aha/text/bpe_model.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/vocabulary.hpp>
#include <aha/text/word_level_model.hpp>

namespace aha {

/// How a word becomes tokens. Each alternative has `tokens()`, the ids by token, and `encode_word(word, emit)`, which
/// calls `emit(id, begin, end)` for each token of a word with the range of the word's bytes that it covers.
using tokenizer_model = std::variant<bpe_model, word_level_model>;

namespace detail::tokenizing {

/// The "model" of a tokenizer.json. Throws `aha::error` naming what is wrong or not supported.
inline tokenizer_model read_model(const json_part& part) {
    const auto type = part.find("type");
    const std::string name = type ? type->text() : part.find("merges") ? "BPE" : "WordLevel";
    if (name == "BPE") return bpe_model{part};
    require(name == "WordLevel", part.place(), ": the model ", shown(name),
            " is not supported (only BPE and WordLevel)");
    return word_level_model{part};
}

/// Ids by token, of any model.
inline const token_map& tokens_of(const tokenizer_model& model) {
    return std::visit([](const auto& m) -> const token_map& { return m.tokens(); }, model);
}

}  // namespace detail::tokenizing

}  // namespace aha
