#pragma once

#include <cstddef>

namespace aha {

/// A stretch of a text, in bytes.
struct text_span {
    std::size_t begin = 0;  ///< its first byte
    std::size_t end = 0;    ///< the byte after its last
    bool operator==(const text_span&) const = default;
};

}  // namespace aha
