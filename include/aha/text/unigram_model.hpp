#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/token_id.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/piece_trie.hpp>
#include <aha/text/vocabulary.hpp>

namespace aha {

/// A unigram language model: of all ways to cut a word into pieces, the one whose pieces' log-probs have the greatest
/// sum (Kudo 2018, https://arxiv.org/abs/1804.10959), as the library `tokenizers` 0.23.3 has it.
class unigram_model {
public:
    /// As the "model" of a tokenizer.json says: an id is the place in the list. Throws `aha::error` naming what is
    /// wrong.
    explicit unigram_model(const detail::tokenizing::json_part& part);

    /// Ids by token; of a piece that is listed twice, the last.
    const detail::tokenizing::token_map& tokens() const { return tokens_; }

    /// Calls `use(id, text)` for each piece, those that are listed twice included.
    template <class Use>
    void for_each_token(Use&& use) const {
        for (std::size_t id = 0; id < pieces_.size(); ++id) use(static_cast<token_id>(id), pieces_[id].text);
    }

    /// Calls `emit(id, begin, end)` for each token of a word (UTF-8), in order, with the range of the word's bytes that
    /// it covers. A stretch of characters that are no pieces gives the tokens of its bytes if the model spells them,
    /// else the unknown token once. Throws `aha::error` if it has none.
    template <class Emit>
    void encode_word(std::string_view word, Emit&& emit) const {
        const std::vector<cut> best = best_cuts(word);
        for (std::size_t i = 0; i < best.size();) {
            std::size_t last = i;
            while (is_unknown(best[i]) && last + 1 < best.size() && is_unknown(best[last + 1])) ++last;
            const std::size_t begin = best[i].begin, end = best[last].end;
            if (is_unknown(best[i])) emit_unknown(word, begin, end, emit);
            else emit(best[i].id, begin, end);
            i = last + 1;
        }
    }

private:
    /// SentencePiece's: how much less than the worst piece a character scores that is none.
    static constexpr double unknown_penalty = 10;

    struct piece {
        std::string text;
        double score = 0;
    };

    struct cut {
        token_id id = 0;
        std::size_t begin = 0, end = 0;
    };

    static std::vector<piece> read_pieces(const detail::tokenizing::json_part& part);

    static detail::tokenizing::token_map by_text(const std::vector<piece>& pieces);

    static std::vector<std::pair<std::string_view, token_id>> with_ids(const detail::tokenizing::token_map& tokens);

    bool is_unknown(const cut& c) const { return unknown_ && c.id == *unknown_; }

    template <class Emit>
    void emit_unknown(std::string_view word, std::size_t begin, std::size_t end, Emit&& emit) const {
        const std::string_view text = word.substr(begin, end - begin);
        // The stretch as a whole may be a piece that lost against its characters.
        if (const auto whole = detail::tokenizing::find_token(tokens_, text)) {
            emit(*whole, begin, end);
        } else if (bytes_ && bytes_->spell(text)) {
            for (std::size_t i = 0; i < text.size(); ++i) emit(bytes_->id(text[i]), begin + i, begin + i + 1);
        } else {
            emit(*unknown_, begin, end);
        }
    }

    /// The best way to cut `word`, from left to right: for each place, the best cut that ends there.
    std::vector<cut> best_cuts(std::string_view word) const;

    std::vector<piece> pieces_;  // by id
    detail::tokenizing::token_map tokens_;
    detail::tokenizing::piece_trie trie_;
    std::optional<detail::tokenizing::byte_tokens> bytes_;  // if characters that are no pieces are spelt in bytes
    std::optional<token_id> unknown_;
    double unknown_score_ = 0;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/text/unigram_model.ipp>
#endif
