#pragma once

#include <cstdint>

namespace aha {

/// A stretch of a row of tokens: [begin, begin + size).
struct segment {
    std::int64_t begin = 0;  ///< its first token
    std::int64_t size = 0;   ///< how many tokens
    /// One past its last token.
    std::int64_t end() const { return begin + size; }
    bool operator==(const segment&) const = default;
};

}  // namespace aha
