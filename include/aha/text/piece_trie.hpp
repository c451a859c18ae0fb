#pragma once

#include <algorithm>
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
    explicit piece_trie(std::vector<std::pair<std::string_view, token_id>> pieces) {
        std::ranges::sort(pieces);
        grow(pieces);
        link();
    }

    /// The node for `text` below `from`, or `none`.
    node descend(node from, std::string_view text) const {
        for (const char c : text)
            if ((from = child(from, static_cast<unsigned char>(c))) == none) return none;
        return from;
    }

    /// The longest piece that `text` begins with, if what is read before it has led to `from`; its size is that in
    /// `text`, 0 if there is none.
    match longest(node from, std::string_view text) const {
        match best;
        for (std::size_t i = 0; i < text.size(); ++i) {
            from = child(from, static_cast<unsigned char>(text[i]));
            if (from == none) break;
            if (ids_[from] >= 0) best = {ids_[from], i + 1};
        }
        return best;
    }

    /// The state after `byte`, for a text that has led to the state `at` (at its beginning, `root`).
    node next(node at, char byte) const {
        const auto b = static_cast<unsigned char>(byte);
        while (true) {
            if (at == root) return root_children_[b] == none ? root : root_children_[b];
            if (const node found = child(at, b); found != none) return found;
            at = shorter_[at];
        }
    }

    /// Calls `found(match)` for each piece that ends where the state is `at`, the longest first.
    template <class Found>
    void ending(node at, Found&& found) const {
        if (ids_[at] < 0) at = ending_[at];
        for (; at != root; at = ending_[at]) found(match{ids_[at], depths_[at]});
    }

private:
    /// The nodes level by level, so that the children of each are neighbors.
    void grow(std::span<const std::pair<std::string_view, token_id>> pieces) {
        struct range {
            std::size_t low, high;
        };
        std::vector<range> ranges{{0, pieces.size()}};
        add(0, 0);
        for (std::size_t at = 0; at < ranges.size(); ++at) {
            first_child_.push_back(static_cast<node>(ranges.size()));
            auto [low, high] = ranges[at];
            const std::size_t depth = depths_[at];
            for (; low < high && pieces[low].first.size() == depth; ++low)
                if (depth > 0) ids_[at] = pieces[low].second;
            while (low < high) {
                const char label = pieces[low].first[depth];
                std::size_t end = low;
                while (end < high && pieces[end].first[depth] == label) ++end;
                ranges.push_back({low, end});
                add(static_cast<unsigned char>(label), static_cast<std::uint32_t>(depth + 1));
                low = end;
            }
        }
        first_child_.push_back(static_cast<node>(ranges.size()));
        root_children_.fill(none);
        for (node n = first_child_[0]; n < first_child_[1]; ++n) root_children_[labels_[n]] = n;
    }

    void add(unsigned char label, std::uint32_t depth) {
        labels_.push_back(label);
        depths_.push_back(depth);
        ids_.push_back(-1);
    }

    /// Where to go on when no child fits (the longest other node that the text so far ends with), and the nearest of
    /// those nodes that is a piece.
    void link() {
        shorter_.assign(ids_.size(), root);
        ending_.assign(ids_.size(), root);
        for (node parent = 0; parent < ids_.size(); ++parent)
            for (node n = first_child_[parent]; n < first_child_[parent + 1]; ++n) {
                if (parent != root) shorter_[n] = next(shorter_[parent], static_cast<char>(labels_[n]));
                ending_[n] = ids_[shorter_[n]] >= 0 ? shorter_[n] : ending_[shorter_[n]];
            }
    }

    node child(node at, unsigned char byte) const {
        if (at == root) return root_children_[byte];
        const auto low = labels_.begin() + first_child_[at], high = labels_.begin() + first_child_[at + 1];
        const auto found = std::lower_bound(low, high, byte);
        return found == high || *found != byte ? none : static_cast<node>(found - labels_.begin());
    }

    // Of each node: its first child, the byte that leads to it, its depth, the id of its piece or -1, and its links.
    std::vector<node> first_child_;
    std::vector<unsigned char> labels_;
    std::vector<std::uint32_t> depths_;
    std::vector<token_id> ids_;
    std::vector<node> shorter_, ending_;
    std::array<node, 256> root_children_{};
};

}  // namespace aha::detail::tokenizing
