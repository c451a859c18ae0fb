#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <aha/text/unigram_model.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/utf8.hpp>

namespace aha {

AHA_INLINE unigram_model::unigram_model(const detail::tokenizing::json_part& part)
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

AHA_INLINE auto unigram_model::read_pieces(const detail::tokenizing::json_part& part) -> std::vector<piece> {
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

AHA_INLINE detail::tokenizing::token_map unigram_model::by_text(const std::vector<piece>& pieces) {
    detail::tokenizing::token_map tokens;
    tokens.reserve(pieces.size());
    for (std::size_t id = 0; id < pieces.size(); ++id)
        tokens.insert_or_assign(pieces[id].text, static_cast<token_id>(id));
    return tokens;
}

AHA_INLINE std::vector<std::pair<std::string_view, token_id>> unigram_model::with_ids(
    const detail::tokenizing::token_map& tokens) {
    return {tokens.begin(), tokens.end()};
}

AHA_INLINE auto unigram_model::best_cuts(std::string_view word) const -> std::vector<cut> {
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

}  // namespace aha
