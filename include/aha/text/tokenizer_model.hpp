#pragma once

#include <string>
#include <variant>

#include <aha/core/error.hpp>
#include <aha/text/bpe_model.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/unigram_model.hpp>
#include <aha/text/vocabulary.hpp>
#include <aha/text/word_level_model.hpp>
#include <aha/text/word_piece_model.hpp>

namespace aha {

/// How a word becomes tokens. Each alternative has `tokens()`, the ids by token, and `encode_word(word, emit)`, which
/// calls `emit(id, begin, end)` for each token of a word with the range of the word's bytes that it covers.
using tokenizer_model = std::variant<bpe_model, word_level_model, word_piece_model, unigram_model>;

namespace detail::tokenizing {

/// Which model the "model" of a tokenizer.json is; older files do not say it.
inline std::string model_type(const json_part& part) {
    if (const auto type = part.find("type")) return type->text();
    if (part.find("merges")) return "BPE";
    if (part.at("vocab").value().is_array()) return "Unigram";
    return part.find("max_input_chars_per_word") ? "WordPiece" : "WordLevel";
}

/// The "model" of a tokenizer.json. Throws `aha::error` naming what is wrong or not supported.
inline tokenizer_model read_model(const json_part& part) {
    const std::string type = model_type(part);
    if (type == "BPE") return bpe_model{part};
    if (type == "Unigram") return unigram_model{part};
    if (type == "WordPiece") return word_piece_model{part};
    require(type == "WordLevel", part.place(), ": the model ", shown(type),
            " is not supported (only BPE, Unigram, WordPiece and WordLevel)");
    return word_level_model{part};
}

/// Ids by token, of any model.
inline const token_map& tokens_of(const tokenizer_model& model) {
    return std::visit([](const auto& m) -> const token_map& { return m.tokens(); }, model);
}

/// Calls `use(id, text)` for each token of any model.
template <class Use>
void for_each_token(const tokenizer_model& model, Use&& use) {
    std::visit(
        [&](const auto& m) {
            if constexpr (requires { m.for_each_token(use); }) m.for_each_token(use);
            else
                for (const auto& [text, id] : m.tokens()) use(id, text);
        },
        model);
}

}  // namespace detail::tokenizing

}  // namespace aha
