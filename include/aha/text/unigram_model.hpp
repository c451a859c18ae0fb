#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
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

/// A unigram language model: of all ways to cut a word into pieces, the one whose pieces' log-probs have the greatest
/// sum (Kudo 2018, https://arxiv.org/abs/1804.10959), as the library `tokenizers` 0.23.3 has it.
class unigram_model {
public:
    /// As the "model" of a tokenizer.json says: an id is the place in the list. Throws `aha::error` naming what is
    /// wrong.
    explicit unigram_model(const detail::tokenizing::json_part& part)
        : pieces_{read_pieces(part.at("vocab"))}, tokens_{by_text(pieces_)}, trie_{with_ids(tokens_)} {
        if (part.flag("byte_fallback", false)) bytes_.emplace(tokens_);
        if (const auto unknown = part.find("unk_id")) {
            unknown_ = unknown->id();
            require(*unknown_ < static_cast<token_id>(pieces_.size()), unknown->place(), " is ", *unknown_,
                    ", beyond the vocabulary of ", pieces_.size());
        }
        double least = std::numeric_limits<double>::infinity();
        for (const piece& p : pieces_) least = std::min(least, p.score);
        unknown_score_ = least - unknown_penalty;
    }

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

    static std::vector<piece> read_pieces(const detail::tokenizing::json_part& part) {
        std::vector<piece> pieces;
        const std::size_t count = part.size();
        require(count > 0, part.place(), " is empty");
        require(count < static_cast<std::size_t>(detail::tokenizing::id_limit), part.place(), " has ", count,
                " pieces, more than any vocabulary");
        pieces.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            const auto item = part.item(i);
            require(item.size() == 2, item.place(), " has ", item.size(), " parts, not a piece and its score");
            const auto score = item.item(1);
            require(score.value().is_number() && std::isfinite(score.value().get<double>()), score.place(),
                    " is not a finite number");
            pieces.push_back({item.item(0).text(), score.value().get<double>()});
        }
        return pieces;
    }

    static detail::tokenizing::token_map by_text(const std::vector<piece>& pieces) {
        detail::tokenizing::token_map tokens;
        tokens.reserve(pieces.size());
        for (std::size_t id = 0; id < pieces.size(); ++id)
            tokens.insert_or_assign(pieces[id].text, static_cast<token_id>(id));
        return tokens;
    }

    static std::vector<std::pair<std::string_view, token_id>> with_ids(const detail::tokenizing::token_map& tokens) {
        return {tokens.begin(), tokens.end()};
    }

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
    std::vector<cut> best_cuts(std::string_view word) const {
        struct way {
            double score = 0;
            std::size_t begin = 0;
            token_id id = -1;  // none yet
        };
        std::vector<way> ways(word.size() + 1);
        detail::tokenizing::piece_trie::node state = detail::tokenizing::piece_trie::root;
        for (std::size_t at = 0; at < word.size();) {
            const std::size_t size = utf8::unit_at(word, at).size, end = at + size;
            for (; at < end; ++at) state = trie_.next(state, word[at]);
            way& here = ways[end];
            bool one_character = false;
            // Of equal sums the first tried stays: the longest piece, as where places are tried from left to right.
            trie_.ending(state, [&](const auto& match) {
                const std::size_t begin = end - match.size;
                const double score = ways[begin].score + pieces_[static_cast<std::size_t>(match.id)].score;
                one_character = one_character || match.size == size;
                if (here.id < 0 || score > here.score) here = {score, begin, match.id};
            });
            if (one_character) continue;
            const double score = ways[end - size].score + unknown_score_;
            if (here.id >= 0 && !(score > here.score)) continue;
            require(unknown_.has_value(), "the text has a character that is no token, and the model has no unk_id");
            here = {score, end - size, *unknown_};
        }
        std::vector<cut> cuts;
        for (std::size_t end = word.size(); end > 0; end = ways[end].begin)
            cuts.push_back({ways[end].id, ways[end].begin, end});
        std::ranges::reverse(cuts);
        return cuts;
    }

    std::vector<piece> pieces_;  // by id
    detail::tokenizing::token_map tokens_;
    detail::tokenizing::piece_trie trie_;
    std::optional<detail::tokenizing::byte_tokens> bytes_;  // if characters that are no pieces are spelt in bytes
    std::optional<token_id> unknown_;
    double unknown_score_ = 0;
};

}  // namespace aha
