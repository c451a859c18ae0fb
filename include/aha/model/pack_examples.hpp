#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <cstdint>
#include <span>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/packed.hpp>
#include <aha/core/supervised_example.hpp>

namespace aha {

/// A packed row of examples with, for each loss token, the row that predicts it.
struct packed_examples {
    packed_trees batch;            ///< the row
    aha::predictions predictions;  ///< [N]: loss tokens, example after example
};

/// Tokens that count in the loss.
inline std::int64_t num_loss_tokens(const supervised_example& example) {
    std::int64_t count = 0;
    for (const std::uint8_t one : example.loss_mask) count += one != 0 ? 1 : 0;
    return count;
}

/// Lays examples out in one flat row, each a tree of its own, so that none sees another; nothing is padded. What
/// follows an example's last loss token, and that token itself, predict nothing and are left out. Throws
/// `aha::error` for an example that learns nothing, or learns its first token.
inline packed_examples pack_examples(std::span<const supervised_example* const> examples,
                                     const at::Device& device = at::kCPU) {
    std::vector<std::int64_t> ids, positions, rows, targets;
    packed_examples packed;
    for (const supervised_example* const example : examples) {
        require(example->ids.size() == example->loss_mask.size(), "example ", example->index, " has ",
                example->ids.size(), " tokens, but ", example->loss_mask.size(), " marks of what is learned");
        std::size_t end = example->loss_mask.size();
        while (end > 0 && example->loss_mask[end - 1] == 0) --end;
        require(end > 0, "example ", example->index, " has no token to learn");
        require(example->loss_mask[0] == 0, "example ", example->index,
                " learns its first token, which nothing predicts");
        const auto begin = static_cast<std::int64_t>(ids.size());
        for (std::size_t i = 0; i + 1 < end; ++i) {
            ids.push_back(example->ids[i]);
            positions.push_back(static_cast<std::int64_t>(i));
            if (example->loss_mask[i + 1] == 0) continue;
            rows.push_back(begin + static_cast<std::int64_t>(i));
            targets.push_back(example->ids[i + 1]);
        }
        packed.batch.trees.push_back({{begin, static_cast<std::int64_t>(end) - 1}, {}});
    }
    const auto tensor = [&](const std::vector<std::int64_t>& values) {
        return at::tensor(values, at::kLong).to(device);
    };
    packed.batch.ids = tensor(ids);
    packed.batch.positions = tensor(positions);
    packed.predictions = {tensor(rows), tensor(targets)};
    return packed;
}

}  // namespace aha
