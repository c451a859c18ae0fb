#pragma once

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include <aha/text/bpe_model.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>

namespace aha {

AHA_INLINE bpe_model::bpe_model(const detail::tokenizing::json_part& part)
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

AHA_INLINE bool bpe_model::add_known_merge(const nlohmann::json& pair, std::size_t rank) {
    if (!prefix_.empty() || !pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string())
        return false;
    const auto& left = pair[0].get_ref<const std::string&>();
    const auto& right = pair[1].get_ref<const std::string&>();
    const auto a = tokens_.find(left), b = tokens_.find(right), whole = tokens_.find(left + right);
    if (a == tokens_.end() || b == tokens_.end() || whole == tokens_.end()) return false;
    put_merge(a->second, b->second, rank, whole->second);
    return true;
}

AHA_INLINE void bpe_model::put_merge(token_id left, token_id right, std::size_t rank, token_id whole) {
    merges_.put(left, right, {static_cast<std::uint32_t>(rank), static_cast<std::int32_t>(whole)});
}

AHA_INLINE void bpe_model::add_merge(const detail::tokenizing::json_part& part, std::size_t rank) {
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

AHA_INLINE auto bpe_model::symbols_of(std::string_view word) const -> std::vector<symbol> {
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
                symbols.push_back(
                    {.id = bytes_->id(text[i]), .begin = std::min(begin + i, at), .end = std::min(begin + i + 1, at)});
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

AHA_INLINE std::optional<token_id> bpe_model::character(char32_t code, std::string_view text) const {
    if (code >= characters_.size()) return detail::tokenizing::find_token(tokens_, text);
    return characters_[code] < 0 ? std::nullopt : std::optional{characters_[code]};
}

AHA_INLINE token_id bpe_model::unknown_id() const {
    const auto id = detail::tokenizing::find_token(tokens_, *unknown_);
    require(id.has_value(), "the text has a character that is no token, and the unknown token ",
            detail::tokenizing::shown(*unknown_), " is not in the vocabulary");
    return *id;
}

AHA_INLINE auto bpe_model::merged(std::vector<symbol> symbols) const -> std::vector<symbol> {
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
    std::priority_queue<candidate, std::vector<candidate>, std::greater<>> queue{std::greater<>{}, std::move(start)};
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

}  // namespace aha
