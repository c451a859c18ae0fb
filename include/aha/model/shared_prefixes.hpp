#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <aha/core/packed.hpp>
#include <aha/core/token_id.hpp>

namespace aha {

/// Lays texts out in one flat row in which what several begin with stands once, whoever they belong to: a radix tree
/// whose nodes are the segments of `token_tree`s. Texts keep their order where they share nothing.
class shared_prefixes {
public:
    /// Tokens that a beginning must have to be cut out of the texts that share it: fewer save less than a segment
    /// costs.
    static constexpr std::size_t worth_sharing = 8;

    /// How many tokens a row saves where two texts that begin so follow one another.
    static std::int64_t worth(std::span<const token_id> one, std::span<const token_id> other) {
        const auto common = static_cast<std::size_t>(std::ranges::mismatch(one, other).in1 - one.begin());
        return common < worth_sharing ? 0 : static_cast<std::int64_t>(common);
    }

    /// A text's place: where it ends, and how many tokens it has.
    struct place {
        std::size_t node;     ///< where its last token is
        std::int64_t length;  ///< tokens from the beginning
    };

    /// Adds a text, or what continues the text at `after`. What continues it later goes on from its very end, however
    /// short it is.
    /// @param unread tokens of the text that follow and have no row
    place add(std::span<const token_id> tokens, const place& after = place{}, std::int64_t unread = 0) {
        const place added = insert(tokens, after);
        note_length(added, unread);
        return added;
    }

    /// Adds a text that shares nothing, with what comes before or after.
    place add_alone(std::span<const token_id> tokens, std::int64_t unread = 0) {
        const std::size_t node = made(0, {tokens.begin(), tokens.end()});
        nodes_[node].alone = true;
        note_length({node, std::ssize(tokens)}, unread);
        return {node, std::ssize(tokens)};
    }

    /// The texts as one row.
    struct layout {
        std::vector<std::int64_t> ids;        ///< [T]
        std::vector<std::int64_t> positions;  ///< [T] from the beginning of the token's own text
        std::vector<token_tree> trees;        ///< in the order of the row
    };
    /// The whole row. Nothing may be added after.
    layout lay_out() {
        layout row;
        for (const std::size_t root : nodes_[0].children) {
            token_tree tree;
            append(root, -1, row, tree);
            // A tree whose branches all continue the trunk needs no list of parents.
            if (std::ranges::all_of(tree.parents, [](std::int64_t parent) { return parent < 0; })) tree.parents.clear();
            row.trees.push_back(std::move(tree));
        }
        return row;
    }

    /// The rows of a text's tokens from number `from` on, [length - from]; after `lay_out`.
    std::vector<std::int64_t> rows(const place& text, std::int64_t from) const {
        std::vector<std::int64_t> found;
        std::int64_t end = text.length;
        for (std::size_t at = text.node; end > from; at = nodes_[at].parent) {
            const node& n = nodes_[at];
            for (; end > std::max(from, n.first); --end) found.push_back(n.row + end - 1 - n.first);
        }
        std::ranges::reverse(found);
        return found;
    }

private:
    struct node {
        std::vector<token_id> tokens;
        std::size_t parent = 0;
        std::int64_t first = 0;    // position of its first token
        std::int64_t row = 0;      // of its first token
        std::int64_t longest = 0;  // of the texts that end here, in tokens
        bool alone = false;        // shared with no other text
        std::vector<std::size_t> children{};
    };

    place insert(std::span<const token_id> tokens, const place& after) {
        std::size_t at = boundary(after);
        std::vector<token_id> rest{tokens.begin(), tokens.end()};
        const std::int64_t length = after.length + std::ssize(rest);
        while (!rest.empty()) {
            const auto [child, common] = longest_match(at, rest);
            if (common == rest.size()) return {child, length};  // it ends here, or within
            if (common > 0 && common == nodes_[child].tokens.size()) at = child;
            else if (common >= worth_sharing) at = split(child, common);
            else return {made(at, std::move(rest)), length};
            rest.erase(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(common));
        }
        return {at, length};
    }

    /// A tree is told of its longest text by the node where that ends.
    void note_length(const place& text, std::int64_t unread) {
        std::int64_t& longest = nodes_[text.node].longest;
        longest = std::max(longest, text.length + unread);
    }

    /// The node that ends where the text at `after` does.
    std::size_t boundary(const place& after) {
        std::size_t at = after.node;
        while (nodes_[at].first >= after.length && at != 0) at = nodes_[at].parent;
        const auto kept = static_cast<std::size_t>(after.length - nodes_[at].first);
        return kept == nodes_[at].tokens.size() ? at : split(at, kept);
    }

    /// The child that shares most tokens with `text`, and how many.
    std::pair<std::size_t, std::size_t> longest_match(std::size_t at, const std::vector<token_id>& text) const {
        std::pair<std::size_t, std::size_t> best{0, 0};
        for (const std::size_t child : nodes_[at].children) {
            if (nodes_[child].alone) continue;
            const std::vector<token_id>& its = nodes_[child].tokens;
            const auto common = static_cast<std::size_t>(std::ranges::mismatch(its, text).in1 - its.begin());
            if (common > best.second) best = {child, common};
        }
        return best;
    }

    std::size_t made(std::size_t parent, std::vector<token_id> tokens) {
        nodes_.push_back({.tokens = std::move(tokens), .parent = parent, .first = end(parent)});
        nodes_[parent].children.push_back(nodes_.size() - 1);
        return nodes_.size() - 1;
    }

    /// Cuts a node after `kept` tokens. It stays the lower part, so that texts that end there go on ending there.
    /// @return the upper part
    std::size_t split(std::size_t lower, std::size_t kept) {
        const auto cut = nodes_[lower].tokens.begin() + static_cast<std::ptrdiff_t>(kept);
        const std::size_t upper = nodes_.size(), parent = nodes_[lower].parent;
        nodes_.push_back({.tokens = {nodes_[lower].tokens.begin(), cut},
                          .parent = parent,
                          .first = nodes_[lower].first,
                          .children = {lower}});
        node& below = nodes_[lower];
        below.tokens.erase(below.tokens.begin(), below.tokens.begin() + static_cast<std::ptrdiff_t>(kept));
        below.parent = upper;
        below.first += static_cast<std::int64_t>(kept);
        std::ranges::replace(nodes_[parent].children, lower, upper);
        return upper;
    }

    std::int64_t end(std::size_t at) const { return nodes_[at].first + std::ssize(nodes_[at].tokens); }

    /// Adds a node and what continues it to the row; `parent` is the branch that it continues, -1 for the trunk.
    void append(std::size_t at, std::int64_t parent, layout& row, token_tree& tree, bool is_trunk = true) {
        node& n = nodes_[at];
        n.row = std::ssize(row.ids);
        tree.longest = std::max(tree.longest, n.longest);
        row.ids.insert(row.ids.end(), n.tokens.begin(), n.tokens.end());
        for (std::int64_t i = 0; i < std::ssize(n.tokens); ++i) row.positions.push_back(n.first + i);
        const segment own{n.row, std::ssize(n.tokens)};
        std::int64_t number = -1;
        if (is_trunk) tree.trunk = own;
        else {
            number = std::ssize(tree.branches);
            tree.branches.push_back(own);
            tree.parents.push_back(parent);
        }
        for (const std::size_t child : n.children) append(child, number, row, tree, false);
    }

    std::vector<node> nodes_{1};  // the first is what all texts continue: nothing
};

}  // namespace aha
