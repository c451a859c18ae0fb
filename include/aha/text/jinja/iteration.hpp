#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/jinja/characters.hpp>
#include <aha/text/jinja/value.hpp>

namespace aha::detail::jinja {

/// Reads what a loop over a value visits, one item at a time: items, characters, keys; nothing if it is undefined. An
/// iterator is used up by it, as in Python.
class reader {
public:
    explicit reader(value source) : source_{std::move(source)} {
        const bool iterable = source_.is_undefined() || source_.as_text() || source_.as_sequence() ||
                              source_.as_mapping() || source_.as_iterator();
        if (!iterable) source_.refuse("iterating");
    }

    std::optional<value> next() {
        if (const auto* row = source_.as_sequence())
            return at_ < row->items.size() ? std::optional{row->items[at_++]} : std::nullopt;
        if (const auto* dict = source_.as_mapping())
            return at_ < dict->entries.size() ? std::optional{dict->entries[at_++].first} : std::nullopt;
        if (const auto* other = source_.as_iterator()) return other->next();
        const auto* text = source_.as_text();
        if (!text || at_ == text->size()) return std::nullopt;
        const std::string_view piece = std::string_view{*text}.substr(at_, character_at(*text, at_).size);
        at_ += piece.size();
        return value{piece};
    }

    const value& source() const { return source_; }

private:
    value source_;
    std::size_t at_ = 0;
};

/// How many items a loop over the value visits, where that is known before.
inline std::optional<std::size_t> length_of(const value& v) {
    if (v.is_undefined()) return 0;
    if (const auto* text = v.as_text()) return count_characters(*text);
    if (const auto* row = v.as_sequence()) return row->items.size();
    if (const auto* dict = v.as_mapping()) return dict->entries.size();
    return std::nullopt;
}

/// All that a loop over the value visits.
inline std::vector<value> items_of(const value& v) {
    if (const auto* row = v.as_sequence()) return row->items;
    std::vector<value> items;
    reader from{v};
    while (auto item = from.next()) {
        if (items.size() == 4'000'000) problem("visiting more than 4 million items");
        items.push_back(*std::move(item));
    }
    return items;
}

}  // namespace aha::detail::jinja
