#pragma once

#include <ATen/core/Tensor.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/segment.hpp>

namespace aha {

/// Texts that share beginnings, as the model sees them: a trunk (a prompt) that branches (completions) continue, which
/// other branches may continue in turn. The trunk comes first, its branches follow without gaps, each before those
/// that continue it and these before its next sibling (depth first).
///
/// The rule of who sees what, which the attention engines for packed rows ask here: a token sees the trunk, the
/// branches on its own path and, of its own segment, what is before it and itself; never another path.
struct token_tree {
    segment trunk;                        ///< what all begin with
    std::vector<segment> branches;        ///< what continues it, depth first
    std::vector<std::int64_t> parents{};  ///< [branches] the branch that each continues, or -1 for the trunk; may be
                                          ///< empty if all continue the trunk
    /// Tokens of the longest text, with those at its end that have no row because nothing is predicted from them; 0:
    /// the rows of the longest path.
    std::int64_t longest = 0;

    /// The branch that branch `n` continues, or -1 for the trunk.
    std::int64_t parent(std::size_t n) const { return parents.empty() ? -1 : parents[n]; }

    /// What every token of branch `n` sees before its own segment, in the order of the path: the trunk first.
    std::vector<segment> path_to(std::size_t n) const {
        std::vector<segment> path;
        for (std::int64_t at = parent(n); at >= 0; at = parent(static_cast<std::size_t>(at)))
            path.push_back(branches[static_cast<std::size_t>(at)]);
        path.push_back(trunk);
        std::ranges::reverse(path);
        return path;
    }

    /// The tokens before the first of branch `n` on its path: the position of that token.
    std::int64_t tokens_before(std::size_t n) const {
        const std::vector<segment> path = path_to(n);
        return std::accumulate(path.begin(), path.end(), std::int64_t{0},
                               [](std::int64_t sum, const segment& s) { return sum + s.size; });
    }

    /// The branches that continue branch `n`, directly or not, are those from `n + 1` up to this one.
    std::size_t end_of_subtree(std::size_t n) const {
        std::size_t end = n + 1;
        while (end < branches.size() && parent(end) >= static_cast<std::int64_t>(n)) ++end;
        return end;
    }

    /// Throws `aha::error` naming the first branch that is out of order.
    void validate() const {
        require(parents.empty() || parents.size() == branches.size(), "a tree has ", branches.size(),
                " branches and the parents of ", parents.size());
        std::vector<std::int64_t> path{-1};
        std::int64_t end = trunk.end();
        for (std::size_t n = 0; n < branches.size(); ++n) {
            const auto at = std::ranges::find(path, parent(n));
            require(at != path.end(), "branch ", n, " of a tree continues ", parent(n),
                    ", which is not on the path of the branch before it");
            require(branches[n].begin == end, "branch ", n, " of a tree begins at ", branches[n].begin, ", not at ",
                    end);
            path.erase(at + 1, path.end());
            path.push_back(static_cast<std::int64_t>(n));
            end = branches[n].end();
        }
    }
};

/// Throws `aha::error` unless trees, each in order, follow one another without gaps from row 0 to row `rows`.
inline void require_trees_fill(const std::vector<token_tree>& trees, std::int64_t rows) {
    std::int64_t end = 0;
    for (const token_tree& tree : trees) {
        require(tree.trunk.begin == end, "a tree of a packed row begins at row ", tree.trunk.begin, ", not at ", end);
        tree.validate();
        end = tree.branches.empty() ? tree.trunk.end() : tree.branches.back().end();
    }
    require(end == rows, "the trees of a packed row end at row ", end, " of ", rows);
}

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
