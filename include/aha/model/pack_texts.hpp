#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/packed.hpp>
#include <aha/core/token_id.hpp>

namespace aha {

/// Texts that may begin alike: the two sides of a pair, the answers to one prompt.
using text_group = std::vector<std::span<const token_id>>;

/// A packed row of whole texts, with the row of each text's last token.
struct packed_texts {
    packed_trees batch;  ///< the row
    at::Tensor last;     ///< [S] int64, indices into the packed row: text after text, group after group
};

/// Lays texts out in one flat row; nothing is padded. What all texts of a group begin with is computed once: it is the
/// trunk of a tree whose branches are the rest. Texts see nothing of one another besides.
/// Throws `aha::error` for a text without tokens.
inline packed_texts pack_texts(std::span<const text_group> groups, const at::Device& device = at::kCPU) {
    std::vector<std::int64_t> ids, positions, last;
    const auto append = [&](std::span<const token_id> tokens, std::size_t first_position) {
        const segment s{std::ssize(ids), std::ssize(tokens)};
        ids.insert(ids.end(), tokens.begin(), tokens.end());
        for (std::size_t i = 0; i < tokens.size(); ++i)
            positions.push_back(static_cast<std::int64_t>(first_position + i));
        return s;
    };
    packed_texts packed;
    for (const text_group& group : groups) {
        if (group.empty()) continue;
        std::size_t common = group.front().size();
        for (const std::span<const token_id>& text : group) {
            require(!text.empty(), "a text without tokens cannot be packed");
            const auto limit = static_cast<std::ptrdiff_t>(std::min(common, text.size()));
            const auto first = group.front().begin();
            common = static_cast<std::size_t>(std::mismatch(first, first + limit, text.begin()).first - first);
        }
        token_tree tree;
        if (common > 0) tree.trunk = append(group.front().first(common), 0);
        for (const std::span<const token_id>& text : group) {
            const segment rest = append(text.subspan(common), common);
            last.push_back(rest.size > 0 ? rest.end() - 1 : tree.trunk.end() - 1);
            if (common == 0) packed.batch.trees.push_back({rest, {}});
            else if (rest.size > 0) tree.branches.push_back(rest);
        }
        if (common > 0) packed.batch.trees.push_back(std::move(tree));
    }
    const auto tensor = [&](const std::vector<std::int64_t>& values) {
        return at::tensor(values, at::kLong).to(device);
    };
    packed.batch.ids = tensor(ids);
    packed.batch.positions = tensor(positions);
    packed.last = tensor(last);
    return packed;
}

}  // namespace aha
