#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <vector>

namespace aha {

/// A stretch of a packed row: tokens [begin, begin + size).
struct segment {
    std::int64_t begin = 0;  ///< its first token
    std::int64_t size = 0;   ///< how many tokens
    /// One past its last token.
    std::int64_t end() const { return begin + size; }
    bool operator==(const segment&) const = default;
};

/// A group as the model sees it: a trunk (the prompt) that every branch (a completion) continues. Branches see the
/// trunk and themselves, never one another. The trunk comes first, its branches follow without gaps.
struct token_tree {
    segment trunk;                  ///< the prompt
    std::vector<segment> branches;  ///< its completions
};

/// A flat row of tokens, never padded, with the trees it is made of, one after another.
struct packed_trees {
    at::Tensor ids;                 ///< [T] int64
    at::Tensor positions;           ///< [T] int64: distance from the start of the tree along the token's own path
    std::vector<token_tree> trees;  ///< in the order of the row
};

/// Which hidden rows predict which tokens: row `rows[n]` predicts `targets[n]`.
struct predictions {
    at::Tensor rows;     ///< [N] int64, indices into the packed row
    at::Tensor targets;  ///< [N] int64, token ids
};

}  // namespace aha
