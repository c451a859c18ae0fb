#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/concepts/tokenizer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/token_id.hpp>

namespace aha::testing {

/// A tokenizer for made-up tasks: one token for each of a few symbols, such as "7", "+" or "<think>", and one that ends
/// a text. The id of a symbol is its place in the list.
class symbol_tokenizer {
public:
    /// Throws `aha::error` if there are no symbols, or one is empty or there twice.
    explicit symbol_tokenizer(std::vector<std::string> symbols)
        : symbols_{std::move(symbols)}, end_ids_{std::ssize(symbols_)} {
        require(!symbols_.empty(), "a tokenizer needs at least one symbol");
        for (std::size_t i = 0; i < symbols_.size(); ++i) {
            require(!symbols_[i].empty(), "symbol ", i, " is empty");
            require(std::ranges::count(symbols_, symbols_[i]) == 1, "the symbol \"", symbols_[i], "\" is there twice");
        }
    }

    /// The symbols that `text` is made of, the longest that fits first. Throws `aha::error` where none fits.
    std::vector<token_id> encode(std::string_view text) const {
        std::vector<token_id> ids;
        for (std::size_t at = 0; at < text.size();) {
            std::size_t best = symbols_.size(), length = 0;
            for (std::size_t i = 0; i < symbols_.size(); ++i)
                if (symbols_[i].size() > length && text.substr(at).starts_with(symbols_[i])) {
                    best = i;
                    length = symbols_[i].size();
                }
            require(length > 0, "no symbol begins the text \"", text.substr(at, 20), "\"");
            ids.push_back(static_cast<token_id>(best));
            at += length;
        }
        return ids;
    }

    /// The symbols' text, one after another; the end token has none. Throws `aha::error` for an id that is no token.
    std::string decode(std::span<const token_id> ids) const {
        std::string text;
        for (const token_id id : ids) {
            require(id >= 0 && id < vocabulary_size(), "the token id ", id, " is not in the vocabulary of ",
                    vocabulary_size());
            if (id < std::ssize(symbols_)) text += symbols_[static_cast<std::size_t>(id)];
        }
        return text;
    }

    const std::vector<token_id>& end_ids() const { return end_ids_; }
    std::int64_t vocabulary_size() const { return std::ssize(symbols_) + 1; }

private:
    std::vector<std::string> symbols_;
    std::vector<token_id> end_ids_;
};

static_assert(tokenizer<symbol_tokenizer>);

}  // namespace aha::testing
