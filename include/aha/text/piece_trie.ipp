#pragma once

#include <algorithm>

#include <aha/text/piece_trie.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail::tokenizing {

AHA_INLINE piece_trie::piece_trie(std::vector<std::pair<std::string_view, token_id>> pieces) {
    std::ranges::sort(pieces);
    grow(pieces);
    link();
}

AHA_INLINE auto piece_trie::descend(node from, std::string_view text) const -> node {
    for (const char c : text)
        if ((from = child(from, static_cast<unsigned char>(c))) == none) return none;
    return from;
}

AHA_INLINE auto piece_trie::longest(node from, std::string_view text) const -> match {
    match best;
    for (std::size_t i = 0; i < text.size(); ++i) {
        from = child(from, static_cast<unsigned char>(text[i]));
        if (from == none) break;
        if (ids_[from] >= 0) best = {ids_[from], i + 1};
    }
    return best;
}

AHA_INLINE auto piece_trie::next(node at, char byte) const -> node {
    const auto b = static_cast<unsigned char>(byte);
    while (true) {
        if (at == root) return root_children_[b] == none ? root : root_children_[b];
        if (const node found = child(at, b); found != none) return found;
        at = shorter_[at];
    }
}

AHA_INLINE void piece_trie::grow(std::span<const std::pair<std::string_view, token_id>> pieces) {
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

AHA_INLINE void piece_trie::add(unsigned char label, std::uint32_t depth) {
    labels_.push_back(label);
    depths_.push_back(depth);
    ids_.push_back(-1);
}

AHA_INLINE void piece_trie::link() {
    shorter_.assign(ids_.size(), root);
    ending_.assign(ids_.size(), root);
    for (node parent = 0; parent < ids_.size(); ++parent)
        for (node n = first_child_[parent]; n < first_child_[parent + 1]; ++n) {
            if (parent != root) shorter_[n] = next(shorter_[parent], static_cast<char>(labels_[n]));
            ending_[n] = ids_[shorter_[n]] >= 0 ? shorter_[n] : ending_[shorter_[n]];
        }
}

AHA_INLINE auto piece_trie::child(node at, unsigned char byte) const -> node {
    if (at == root) return root_children_[byte];
    const auto low = labels_.begin() + first_child_[at], high = labels_.begin() + first_child_[at + 1];
    const auto found = std::lower_bound(low, high, byte);
    return found == high || *found != byte ? none : static_cast<node>(found - labels_.begin());
}

}  // namespace aha::detail::tokenizing
