#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/token_id.hpp>

namespace aha::detail::tokenizing {

/// Finds the pieces of a vocabulary in a text: the longest at a place, or all that end at a place, in one pass (Aho and
/// Corasick 1975, https://doi.org/10.1145/360825.360855). Empty pieces are never found.
class piece_trie {
public:
    using node = std::uint32_t;
    static constexpr node root = 0, none = 0xFFFFFFFF;

    /// What a place in the text ends: a piece of `size` bytes.
    struct match {
        token_id id = 0;
        std::size_t size = 0;
    };

    /// Of pieces with their ids, no two alike.
    explicit piece_trie(std::vector<std::pair<std::string_view, token_id>> pieces);

    /// The node for `text` below `from`, or `none`.
    node descend(node from, std::string_view text) const;

    /// The longest piece that `text` begins with, if what is read before it has led to `from`; its size is that in
    /// `text`, 0 if there is none.
    match longest(node from, std::string_view text) const;

    /// The state after `byte`, for a text that has led to the state `at` (at its beginning, `root`).
    node next(node at, char byte) const;

    /// Calls `found(match)` for each piece that ends where the state is `at`, the longest first.
    template <class Found>
    void ending(node at, Found&& found) const {
        if (ids_[at] < 0) at = ending_[at];
        for (; at != root; at = ending_[at]) found(match{ids_[at], depths_[at]});
    }

private:
    /// The nodes level by level, so that the children of each are neighbors.
    void grow(std::span<const std::pair<std::string_view, token_id>> pieces);

    void add(unsigned char label, std::uint32_t depth);

    /// Where to go on when no child fits (the longest other node that the text so far ends with), and the nearest of
    /// those nodes that is a piece.
    void link();

    node child(node at, unsigned char byte) const;

    // Of each node: its first child, the byte that leads to it, its depth, the id of its piece or -1, and its links.
    std::vector<node> first_child_;
    std::vector<unsigned char> labels_;
    std::vector<std::uint32_t> depths_;
    std::vector<token_id> ids_;
    std::vector<node> shorter_, ending_;
    std::array<node, 256> root_children_{};
};

}  // namespace aha::detail::tokenizing

#ifndef AHA_COMPILED
#include <aha/text/piece_trie.ipp>
#endif
