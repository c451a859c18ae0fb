#pragma once

#include <cstddef>

#include <aha/core/error.hpp>

namespace aha {

/// Limits for files that nobody vouches for.
struct jsonl_reader_options {
    std::size_t max_line_bytes = std::size_t{64} << 20;  ///< a longer line is an error
    int max_depth = 64;  ///< a more deeply nested value is an error, before it can exhaust a recursive reader's stack

    /// Bytes of rows' text that are kept in memory where rows are asked for in any order; more are an error.
    std::size_t max_kept_bytes = std::size_t{16} << 30;

    void validate() const {
        require(max_line_bytes > 0, "max_line_bytes must be positive, not 0");
        require(max_depth > 0 && max_depth <= 1000, "max_depth must be between 1 and 1000, not ", max_depth);
    }
};

}  // namespace aha
