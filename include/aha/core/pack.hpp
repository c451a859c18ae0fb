#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <span>
#include <utility>
#include <vector>

#include <aha/core/packed.hpp>
#include <aha/core/records.hpp>

namespace aha {

/// A prompt and the completions that continue it, as tokens.
struct token_group {
    std::span<const token_id> trunk;
    std::vector<std::span<const token_id>> branches;
};

/// A packed row with, for each branch token, the row that predicts it.
struct packed_groups {
    packed_trees batch;
    aha::predictions
        predictions;  ///< [N]: branch tokens in order; the first of a branch is predicted by the trunk's end
};

/// Lays groups out in one flat row: trunk, then branches, group after group; nothing is padded. A branch's last token
/// needs no hidden state of its own (nothing is predicted from it), so it is left out of the row but stays a target.
inline packed_groups pack_groups(std::span<const token_group> groups, const at::Device& device = at::kCPU) {
    std::vector<std::int64_t> ids, positions, rows, targets;
    packed_groups packed;
    const auto append = [&](std::span<const token_id> tokens, std::int64_t first_position) {
        const segment s{static_cast<std::int64_t>(ids.size()), static_cast<std::int64_t>(tokens.size())};
        ids.insert(ids.end(), tokens.begin(), tokens.end());
        for (std::int64_t i = 0; i < s.size; ++i) positions.push_back(first_position + i);
        return s;
    };
    for (const token_group& group : groups) {
        require(!group.trunk.empty(), "a prompt without tokens cannot be packed");
        token_tree tree;
        tree.trunk = append(group.trunk, 0);
        for (const std::span<const token_id>& branch : group.branches) {
            require(!branch.empty(), "a completion without tokens cannot be packed");
            const segment s = append(branch.first(branch.size() - 1), tree.trunk.size);
            for (std::size_t i = 0; i < branch.size(); ++i) {
                rows.push_back(i == 0 ? tree.trunk.end() - 1 : s.begin + static_cast<std::int64_t>(i) - 1);
                targets.push_back(branch[i]);
            }
            tree.branches.push_back(s);
        }
        packed.batch.trees.push_back(std::move(tree));
    }
    const auto tensor = [&](const std::vector<std::int64_t>& values) {
        return at::tensor(values, at::kLong).to(device);
    };
    packed.batch.ids = tensor(ids);
    packed.batch.positions = tensor(positions);
    packed.predictions = {tensor(rows), tensor(targets)};
    return packed;
}

/// Prompts alone, one tree without branches each.
inline packed_trees pack_prompts(std::span<const std::vector<token_id>> prompts, const at::Device& device = at::kCPU) {
    std::vector<token_group> groups;
    for (const std::vector<token_id>& ids : prompts) groups.push_back({ids, {}});
    return pack_groups(groups, device).batch;
}

}  // namespace aha
