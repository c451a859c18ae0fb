#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
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
    explicit bpe_model(const detail::tokenizing::json_part& part)
        : tokens_{detail::tokenizing::read_vocabulary(part.at("vocab"))},
          ignore_merges_{part.flag("ignore_merges", false)},
          fuse_unknown_{part.flag("fuse_unk", false)} {
        if (part.flag("byte_fallback", false)) bytes_.emplace(tokens_);
        if (const auto affix = part.find("continuing_subword_prefix")) prefix_ = affix->text();
        if (const auto affix = part.find("end_of_word_suffix")) suffix_ = affix->text();
        if (const auto dropout = part.find("dropout"))
            require(dropout->value().is_number() && dropout->value().get<double>() == 0, dropout->place(),
                    " is not supported: the same text would get other ids each time");
        if (const auto unknown = part.find("unk_token")) unknown_ = unknown->text();
        characters_.fill(-1);
        for (const auto& [text, id] : tokens_) {
            const utf8::unit first = utf8::unit_at(text, 0);
            if (first.size == text.size() && first.code < characters_.size()) characters_[first.code] = id;
        }
        const auto merges = part.at("merges");
        const std::size_t count = merges.size();
        merges_ = detail::tokenizing::pair_table{count};
        for (std::size_t rank = 0; rank < count; ++rank)
            if (!add_known_merge(merges.value()[rank], rank)) add_merge(merges.item(rank), rank);
    }

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
    bool add_known_merge(const nlohmann::json& pair, std::size_t rank) {
        if (!prefix_.empty() || !pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string())
            return false;
        const auto& left = pair[0].get_ref<const std::string&>();
        const auto& right = pair[1].get_ref<const std::string&>();
        const auto a = tokens_.find(left), b = tokens_.find(right), whole = tokens_.find(left + right);
        if (a == tokens_.end() || b == tokens_.end() || whole == tokens_.end()) return false;
        put_merge(a->second, b->second, rank, whole->second);
        return true;
    }

    /// A pair that is given twice has its last place, as in the Rust library.
    void put_merge(token_id left, token_id right, std::size_t rank, token_id whole) {
        merges_.put(left, right, {static_cast<std::uint32_t>(rank), static_cast<std::int32_t>(whole)});
    }

    /// A merge is ["a", "b"], or in older files "a b". The token that it makes has the right one's prefix no more.
    void add_merge(const detail::tokenizing::json_part& part, std::size_t rank) {
        std::string left, right;
        if (part.value().is_array()) {
            require(part.size() == 2, part.place(), " has ", part.size(), " parts, not 2");
            left = part.item(0).text(), right = part.item(1).text();
        } else {
            const std::string& both = part.text();
            const std::size_t space = both.find(' ');
            require(space != std::string::npos && both.find(' ', space + 1) == std::string::npos, part.place(), " is ",
                    detail::tokenizing::shown(both), ", not two tokens with a space between");
            left = both.substr(0, space), right = both.substr(space + 1);
        }
        const auto id = [&](const std::string& text) {
            const auto found = detail::tokenizing::find_token(tokens_, text);
            require(found.has_value(), part.place(), ": the token ", detail::tokenizing::shown(text),
                    " is not in the vocabulary");
            return *found;
        };
        const token_id a = id(left), b = id(right);
        require(right.size() >= prefix_.size(), part.place(), ": the token ", detail::tokenizing::shown(right),
                " is shorter than continuing_subword_prefix");
        put_merge(a, b, rank, id(left + right.substr(prefix_.size())));
    }

    std::vector<symbol> symbols_of(std::string_view word) const {
        std::vector<symbol> symbols;
        symbols.reserve(word.size());
        std::optional<symbol> unknown;
        const auto give_unknown = [&] {
            if (unknown) symbols.push_back(*unknown);
            unknown.reset();
        };
        std::string affixed;
        for (std::size_t at = 0; at < word.size();) {
            const utf8::unit next = utf8::unit_at(word, at);
            const std::size_t begin = at;
            at += next.size;
            std::string_view text = word.substr(begin, next.size);
            const bool affixes = (begin > 0 && !prefix_.empty()) || (at == word.size() && !suffix_.empty());
            if (affixes) {
                affixed.assign(begin > 0 ? prefix_ : std::string{}).append(text);
                if (at == word.size()) affixed.append(suffix_);
                text = affixed;
            }
            const auto id = affixes ? detail::tokenizing::find_token(tokens_, text) : character(next.code, text);
            if (id) {
                give_unknown();
                symbols.push_back({.id = *id, .begin = begin, .end = at});
            } else if (bytes_ && bytes_->spell(text)) {
                // An unknown character that waits to be fused stays behind these, as in the Rust library.
                for (std::size_t i = 0; i < text.size(); ++i)
                    symbols.push_back({.id = bytes_->id(text[i]),
                                       .begin = std::min(begin + i, at),
                                       .end = std::min(begin + i + 1, at)});
            } else if (unknown_) {
                if (unknown && fuse_unknown_) {
                    unknown->end = at;
                } else {
                    give_unknown();
                    unknown = symbol{.id = unknown_id(), .begin = begin, .end = at};
                }
            }
        }
        give_unknown();
        return symbols;
    }

    std::optional<token_id> character(char32_t code, std::string_view text) const {
        if (code >= characters_.size()) return detail::tokenizing::find_token(tokens_, text);
        return characters_[code] < 0 ? std::nullopt : std::optional{characters_[code]};
    }

    token_id unknown_id() const {
        const auto id = detail::tokenizing::find_token(tokens_, *unknown_);
        require(id.has_value(), "the text has a character that is no token, and the unknown token ",
                detail::tokenizing::shown(*unknown_), " is not in the vocabulary");
        return *id;
    }

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
    std::vector<symbol> merged(std::vector<symbol> symbols) const {
        // Rank, place of the left part, id of the whole.
        using candidate = std::tuple<std::size_t, std::size_t, token_id>;
        std::vector<candidate> start;
        const auto candidate_at = [&](std::size_t left) -> std::optional<candidate> {
            const merge_rule rule = merges_.at(symbols[left].id, symbols[symbols[left].after].id);
            return rule.whole < 0 ? std::nullopt : std::optional{candidate{rule.rank, left, rule.whole}};
        };
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            symbols[i].before = i == 0 ? none : i - 1;
            symbols[i].after = i + 1 == symbols.size() ? none : i + 1;
            if (symbols[i].after == none) continue;
            if (const auto found = candidate_at(i)) start.push_back(*found);
        }
        std::priority_queue<candidate, std::vector<candidate>, std::greater<>> queue{std::greater<>{},
                                                                                     std::move(start)};
        while (!queue.empty()) {
            const auto [rank, left, whole] = queue.top();
            queue.pop();
            if (symbols[left].merged_away || symbols[left].after == none) continue;
            const std::size_t right = symbols[left].after;
            // The pair may have changed since; if another pair that makes the same token is there now, that will do.
            if (merges_.at(symbols[left].id, symbols[right].id).whole != whole) continue;
            symbols[left].id = whole;
            symbols[left].begin = std::min(symbols[left].begin, symbols[right].begin);
            symbols[left].end = std::max(symbols[left].end, symbols[right].end);
            symbols[right].merged_away = true;
            symbols[left].after = symbols[right].after;
            if (symbols[left].after != none) {
                symbols[symbols[left].after].before = left;
                if (const auto found = candidate_at(left)) queue.push(*found);
            }
            if (symbols[left].before != none)
                if (const auto found = candidate_at(symbols[left].before)) queue.push(*found);
        }
        return symbols;
    }

    detail::tokenizing::token_map tokens_;
    detail::tokenizing::pair_table merges_;
    std::array<token_id, 0x200> characters_{};              // the ids of the first characters of Unicode, or -1
    std::optional<detail::tokenizing::byte_tokens> bytes_;  // if characters that are no tokens are spelt in bytes
    std::optional<std::string> unknown_;
    std::string prefix_, suffix_;  // of all characters but a word's first, and of its last
    bool ignore_merges_ = false, fuse_unknown_ = false;
};

}  // namespace aha
