#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <aha/core/records.hpp>
#include <aha/core/token_id.hpp>
#include <aha/files/utf8.hpp>
#include <aha/text/words.hpp>

namespace aha {

/// What n-grams are made of.
enum class repetition_unit {
    token,  ///< the completion's token ids
    word,   ///< what white space separates, A-Z as a-z; a Han, kana or Thai character by itself
};

namespace detail {

/// 1 - different n-grams / n-grams; 0 if there are fewer than n items.
double repeated_share(std::span<const token_id> items, std::size_t n);

}  // namespace detail

/// The share of a completion's n-grams (n > 0) that stood there before: 1 - different n-grams / n-grams, in [0, 1).
/// 0 if it has fewer than `n` items. O(n T log T).
double repeated_share(const completion& given, repetition_unit unit, std::int64_t n);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/repeated_share.ipp>
#endif
