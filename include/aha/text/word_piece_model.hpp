#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/token_id.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/piece_trie.hpp>
#include <aha/text/vocabulary.hpp>

namespace aha {

/// WordPiece, as BERT has it: of a word the longest piece that it begins with, then of the rest, with a prefix ("##")
/// before it, and so on; a word that is not used up so is unknown (Wu et al. 2016, https://arxiv.org/abs/1609.08144).
class word_piece_model {
public:
    /// As the "model" of a tokenizer.json says. Throws `aha::error` naming what is wrong.
    explicit word_piece_model(const detail::tokenizing::json_part& part)
        : tokens_{detail::tokenizing::read_vocabulary(part.at("vocab"))},
          trie_{std::vector<std::pair<std::string_view, token_id>>{tokens_.begin(), tokens_.end()}},
          unknown_{part.at("unk_token").text()},
          within_{trie_.descend(trie_.root, part.at("continuing_subword_prefix").text())},
          longest_word_{part.at("max_input_chars_per_word").count()} {}

    /// Ids by token.
    const detail::tokenizing::token_map& tokens() const { return tokens_; }

    /// Calls `emit(id, begin, end)` for each token of a word (UTF-8), in order, with the range of the word's bytes that
    /// it covers. A word that is too long or has no such pieces gives the unknown token; throws `aha::error` if that is
    /// not in the vocabulary.
    template <class Emit>
    void encode_word(std::string_view word, Emit&& emit) const {
        struct piece {
            token_id id = 0;
            std::size_t begin = 0, end = 0;
        };
        std::vector<piece> pieces;
        std::size_t begin = character_count(word) > longest_word_ ? word.size() + 1 : 0;
        while (begin < word.size()) {
            const auto from = begin == 0 ? trie_.root : within_;
            const auto found =
                from == trie_.none ? detail::tokenizing::piece_trie::match{} : trie_.longest(from, word.substr(begin));
            pieces.push_back({found.id, begin, begin + found.size});
            begin = found.size == 0 ? word.size() + 1 : begin + found.size;
        }
        if (begin == word.size()) {
            for (const piece& p : pieces) emit(p.id, p.begin, p.end);
            return;
        }
        const auto unknown = detail::tokenizing::find_token(tokens_, unknown_);
        require(unknown.has_value(), "the text has a word that is no tokens, and the unknown token ",
                detail::tokenizing::shown(unknown_), " is not in the vocabulary");
        emit(*unknown, std::size_t{0}, word.size());
    }

private:
    static std::uint64_t character_count(std::string_view word) {
        std::uint64_t count = 0;
        for (std::size_t at = 0; at < word.size(); at += utf8::unit_at(word, at).size) ++count;
        return count;
    }

    detail::tokenizing::token_map tokens_;
    detail::tokenizing::piece_trie trie_;
    std::string unknown_;
    detail::tokenizing::piece_trie::node within_;  // where pieces behind another begin, none if no piece does
    std::uint64_t longest_word_;                   // in characters
};

}  // namespace aha
