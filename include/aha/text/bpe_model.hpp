#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/token_id.hpp>
#include <aha/core/utf8.hpp>
#include <aha/text/json_part.hpp>

namespace aha {

namespace detail::tokenizing {

/// Lets a map of strings be asked with views.
struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using token_map = std::unordered_map<std::string, token_id, text_hash, std::equal_to<>>;

inline std::optional<token_id> find_token(const token_map& tokens, std::string_view text) {
    const auto found = tokens.find(text);
    return found == tokens.end() ? std::nullopt : std::optional{found->second};
}

/// The "vocab" of a model: each id once.
inline token_map read_vocabulary(const json_part& part) {
    require(part.value().is_object(), part.place(), " is not an object");
    require(!part.value().empty(), part.place(), " is empty");
    token_map tokens;
    tokens.reserve(part.value().size());
    std::vector<bool> taken;
    for (const auto& [text, value] : part.value().items()) {
        const std::string place = part.place() + "[" + shown(text) + "]";
        require(utf8::is_valid(text), place, " is not UTF-8");
        const token_id id = json_part{value, place}.id();
        if (taken.size() <= static_cast<std::size_t>(id)) taken.resize(static_cast<std::size_t>(id) + 1);
        require(!taken[static_cast<std::size_t>(id)], place, ": the id ", id, " is given twice");
        taken[static_cast<std::size_t>(id)] = true;
        tokens.emplace(text, id);
    }
    return tokens;
}

}  // namespace detail::tokenizing

/// Byte pair encoding: a word's characters are merged pair by pair, the pair with the first merge first, until no merge
/// is left (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909).
class bpe_model {
public:
    /// As the "model" of a tokenizer.json says. Throws `aha::error` naming what is wrong or not supported.
    explicit bpe_model(const detail::tokenizing::json_part& part)
        : tokens_{detail::tokenizing::read_vocabulary(part.at("vocab"))},
          ignore_merges_{part.flag("ignore_merges", false)},
          fuse_unknown_{part.flag("fuse_unk", false)} {
        require(!part.flag("byte_fallback", false), part.place(), ".byte_fallback is not supported");
        for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
            if (const auto affix = part.find(key)) require(affix->text().empty(), affix->place(), " is not supported");
        if (const auto dropout = part.find("dropout"))
            require(dropout->value().is_number() && dropout->value().get<double>() == 0, dropout->place(),
                    " is not supported");
        if (const auto unknown = part.find("unk_token")) unknown_ = unknown->text();
        characters_.fill(-1);
        for (const auto& [text, id] : tokens_) {
            const utf8::unit first = utf8::unit_at(text, 0);
            if (first.size == text.size() && first.code < characters_.size()) characters_[first.code] = id;
        }
        const auto merges = part.at("merges");
        const std::size_t count = merges.size();
        merges_.reserve(count);
        for (std::size_t rank = 0; rank < count; ++rank) add_merge(merges.item(rank), rank);
    }

    /// Ids by token.
    const detail::tokenizing::token_map& tokens() const { return tokens_; }

    /// The ids of a word (UTF-8). A character that is no token gives the unknown token, or nothing if there is none.
    std::vector<token_id> encode_word(std::string_view word) const {
        if (ignore_merges_)
            if (const auto whole = detail::tokenizing::find_token(tokens_, word)) return {*whole};
        return merged(characters_of(word));
    }

private:
    struct merge_rule {
        std::size_t rank = 0;
        token_id id = 0;
    };

    static std::uint64_t pair_key(token_id left, token_id right) {
        return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint64_t>(right);
    }

    const merge_rule* find_merge(token_id left, token_id right) const {
        const auto found = merges_.find(pair_key(left, right));
        return found == merges_.end() ? nullptr : &found->second;
    }

    /// A merge is ["a", "b"], or in older files "a b".
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
        // A pair that is given twice has its last place, as in the Rust library.
        const std::uint64_t key = pair_key(id(left), id(right));
        merges_.insert_or_assign(key, merge_rule{rank, id(left + right)});
    }

    std::vector<token_id> characters_of(std::string_view word) const {
        std::vector<token_id> ids;
        ids.reserve(word.size());
        bool after_unknown = false;
        for (std::size_t at = 0; at < word.size();) {
            const utf8::unit next = utf8::unit_at(word, at);
            const auto id = character(next.code, word.substr(at, next.size));
            at += next.size;
            if (id) ids.push_back(*id);
            else if (unknown_ && !(fuse_unknown_ && after_unknown)) ids.push_back(unknown_id());
            after_unknown = !id;
        }
        return ids;
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

    /// The symbols `ids` after all merges, in O(n log n).
    std::vector<token_id> merged(std::vector<token_id> ids) const {
        constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
        struct symbol {
            std::size_t before = 0, after = 0;
            bool merged_away = false;
        };
        // Rank, place of the left part, id of the whole.
        using candidate = std::tuple<std::size_t, std::size_t, token_id>;
        std::vector<symbol> symbols(ids.size());
        std::vector<candidate> start;
        const auto candidate_at = [&](std::size_t left) -> std::optional<candidate> {
            const merge_rule* const rule = find_merge(ids[left], ids[symbols[left].after]);
            return rule == nullptr ? std::nullopt : std::optional{candidate{rule->rank, left, rule->id}};
        };
        for (std::size_t i = 0; i < ids.size(); ++i) {
            symbols[i] = {i == 0 ? none : i - 1, i + 1 == ids.size() ? none : i + 1};
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
            const merge_rule* const rule = find_merge(ids[left], ids[right]);
            if (rule == nullptr || rule->id != whole) continue;
            ids[left] = whole;
            symbols[right].merged_away = true;
            symbols[left].after = symbols[right].after;
            if (symbols[left].after != none) {
                symbols[symbols[left].after].before = left;
                if (const auto found = candidate_at(left)) queue.push(*found);
            }
            if (symbols[left].before != none)
                if (const auto found = candidate_at(symbols[left].before)) queue.push(*found);
        }
        std::size_t kept = 0;
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (!symbols[i].merged_away) ids[kept++] = ids[i];
        ids.resize(kept);
        return ids;
    }

    detail::tokenizing::token_map tokens_;
    std::unordered_map<std::uint64_t, merge_rule> merges_;
    std::array<token_id, 0x200> characters_{};  // the ids of the first characters of Unicode, or -1
    std::optional<std::string> unknown_;
    bool ignore_merges_ = false, fuse_unknown_ = false;
};

/// A vocabulary of whole words.
class word_level_model {
public:
    /// As the "model" of a tokenizer.json says. Throws `aha::error` naming what is wrong.
    explicit word_level_model(const detail::tokenizing::json_part& part)
        : tokens_{detail::tokenizing::read_vocabulary(part.at("vocab"))}, unknown_{part.at("unk_token").text()} {}

    /// Ids by token.
    const detail::tokenizing::token_map& tokens() const { return tokens_; }

    /// The id of a word, or of the unknown token; throws `aha::error` if neither is in the vocabulary.
    std::vector<token_id> encode_word(std::string_view word) const {
        if (const auto id = detail::tokenizing::find_token(tokens_, word)) return {*id};
        const auto id = detail::tokenizing::find_token(tokens_, unknown_);
        require(id.has_value(), "the word ", detail::tokenizing::shown(word),
                " is not in the vocabulary, nor is the unknown token ", detail::tokenizing::shown(unknown_));
        return {*id};
    }

private:
    detail::tokenizing::token_map tokens_;
    std::string unknown_;
};

}  // namespace aha
