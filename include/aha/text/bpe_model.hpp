#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include <aha/core/token_id.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/pair_table.hpp>
#include <aha/text/vocabulary.hpp>

namespace aha {

/// Byte pair encoding: a word's characters are merged pair by pair, the pair with the first merge first, until no merge
/// is left (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909).
class bpe_model {
public:
    /// As the "model" of a tokenizer.json says. Throws `aha::error` naming what is wrong, or that dropout, which gives
    /// other ids each time, is not supported.
    explicit bpe_model(const detail::tokenizing::json_part& part);

    /// Ids by token.
    const detail::tokenizing::token_map& tokens() const { return tokens_; }

    /// Calls `emit(id, begin, end)` for each token of a word (UTF-8), in order, with the range of the word's bytes that
    /// it covers. A character that is no token gives the tokens of its bytes if the model spells them, else the unknown
    /// token, or nothing if there is none.
    template <class Emit>
    void encode_word(std::string_view word, Emit&& emit) const {
        if (ignore_merges_)
            if (const auto whole = detail::tokenizing::find_token(tokens_, word)) {
                emit(*whole, std::size_t{0}, word.size());
                return;
            }
        if (merge_short(word, emit)) return;
        for (const symbol& s : merged(symbols_of(word)))
            if (!s.merged_away) emit(s.id, s.begin, s.end);
    }

private:
    static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

    static constexpr std::size_t short_word = 32;  // characters
    using merge_rule = detail::tokenizing::merge_rule;

    struct symbol {
        token_id id = 0;
        std::size_t begin = 0, end = 0;           // of the word's bytes
        std::size_t before = none, after = none;  // its neighbors
        bool merged_away = false;
    };

    /// Adds the merge ["a", "b"] if there is nothing to say against it.
    bool add_known_merge(const nlohmann::json& pair, std::size_t rank);

    /// A pair that is given twice has its last place, as in the Rust library.
    void put_merge(token_id left, token_id right, std::size_t rank, token_id whole);

    /// A merge is ["a", "b"], or in older files "a b". The token that it makes has the right one's prefix no more.
    void add_merge(const detail::tokenizing::json_part& part, std::size_t rank);

    std::vector<symbol> symbols_of(std::string_view word) const;

    std::optional<token_id> character(char32_t code, std::string_view text) const;

    token_id unknown_id() const;

    /// Merges a word of few characters, each of which is a token, without memory of its own: the best pair is looked
    /// for anew each time. False, and nothing is emitted, for another word.
    template <class Emit>
    bool merge_short(std::string_view word, Emit& emit) const {
        if (!prefix_.empty() || !suffix_.empty() || word.size() > 4 * short_word) return false;
        std::array<token_id, short_word> ids;
        std::array<std::uint32_t, short_word> ends, ranks;
        std::array<std::int32_t, short_word> wholes;
        std::size_t count = 0;
        for (std::size_t at = 0; at < word.size(); ++count) {
            const utf8::unit next = utf8::unit_at(word, at);
            const auto id = character(next.code, word.substr(at, next.size));
            if (!id || count == short_word) return false;
            at += next.size;
            ids[count] = *id, ends[count] = static_cast<std::uint32_t>(at);
        }
        const auto look = [&](std::size_t left) {
            const merge_rule rule = merges_.at(ids[left], ids[left + 1]);
            wholes[left] = rule.whole;
            ranks[left] = rule.whole < 0 ? std::numeric_limits<std::uint32_t>::max() : rule.rank;
        };
        for (std::size_t i = 0; i + 1 < count; ++i) look(i);
        while (count > 1) {
            std::size_t best = 0;
            for (std::size_t i = 1; i + 1 < count; ++i)
                if (ranks[i] < ranks[best]) best = i;
            if (wholes[best] < 0) break;
            ids[best] = wholes[best], ends[best] = ends[best + 1];
            --count;
            for (std::size_t i = best + 1; i < count; ++i) ids[i] = ids[i + 1], ends[i] = ends[i + 1];
            for (std::size_t i = best + 1; i + 1 < count; ++i) ranks[i] = ranks[i + 1], wholes[i] = wholes[i + 1];
            if (best + 1 < count) look(best);
            if (best > 0) look(best - 1);
        }
        for (std::size_t i = 0; i < count; ++i)
            emit(ids[i], i == 0 ? std::size_t{0} : ends[i - 1], std::size_t{ends[i]});
        return true;
    }

    /// The symbols after all merges, in O(n log n).
    std::vector<symbol> merged(std::vector<symbol> symbols) const;

    detail::tokenizing::token_map tokens_;
    detail::tokenizing::pair_table merges_;
    std::array<token_id, 0x200> characters_{};              // the ids of the first characters of Unicode, or -1
    std::optional<detail::tokenizing::byte_tokens> bytes_;  // if characters that are no tokens are spelt in bytes
    std::optional<std::string> unknown_;
    std::string prefix_, suffix_;  // of all characters but a word's first, and of its last
    bool ignore_merges_ = false, fuse_unknown_ = false;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/text/bpe_model.ipp>
#endif
