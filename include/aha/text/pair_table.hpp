#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <aha/core/token_id.hpp>

namespace aha::detail::tokenizing {

/// What becomes of two tokens side by side.
struct merge_rule {
    std::uint32_t rank = 0;   ///< its place among the merges; the lowest comes first
    std::int32_t whole = -1;  ///< the token that they become; -1: none
};

/// Merge rules by pair of tokens: one flat table, open addressing. Ids are from 0 to 2^31 - 1.
class pair_table {
public:
    pair_table() : pair_table{0} {}
    /// Room for `count` pairs, at least twice as many places.
    explicit pair_table(std::size_t count)
        : places_(std::bit_ceil(2 * count + 2)), shift_{64 - std::countr_zero(places_.size())} {}

    /// The rule of a pair takes the place of an earlier one. At most `count` pairs.
    void put(token_id left, token_id right, merge_rule rule) {
        const std::uint64_t key = key_of(left, right);
        places_[find(key)] = {key, rule};
    }

    /// The rule of a pair; `whole` is -1 if there is none.
    merge_rule at(token_id left, token_id right) const { return places_[find(key_of(left, right))].rule; }

private:
    struct place {
        std::uint64_t key = ~std::uint64_t{0};  // no pair has this key
        merge_rule rule{};
    };

    static std::uint64_t key_of(token_id left, token_id right) {
        return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint64_t>(right);
    }

    /// The place of the key, or the free one where it would be.
    std::size_t find(std::uint64_t key) const {
        // Fibonacci hashing: the upper bits of a product with 2^64 over the golden ratio (Knuth, volume 3, 6.4).
        std::size_t at = (key * 0x9E3779B97F4A7C15U) >> shift_;
        while (places_[at].key != key && places_[at].rule.whole >= 0) at = (at + 1) & (places_.size() - 1);
        return at;
    }

    std::vector<place> places_;
    int shift_;
};

}  // namespace aha::detail::tokenizing
