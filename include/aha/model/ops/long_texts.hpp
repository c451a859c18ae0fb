#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/packed.hpp>
#include <aha/core/to_device.hpp>
#include <aha/model/ops/rotary.hpp>

namespace aha {

/// Packed trees whose positions are rows of a table of angles.
struct placed_trees {
    packed_trees batch;  ///< the trees
    rotary_table table;  ///< the angles
};

/// Gives each text that is longer than `same_angles_up_to(shape)` the angles of its own length; the others keep those
/// of `usual`. The length is that of the whole text: the last token of a branch, which has no row, counts. So a text
/// has the same log-probs whatever it is packed with, those of transformers for it alone. Throws `aha::error` for a
/// long text that shares its beginning with others, for which there is no such angle.
inline placed_trees placed(const packed_trees& batch, const rotary_shape& shape, const rotary_table& usual) {
    placed_trees made{batch, usual};
    const std::optional<std::int64_t> limit = same_angles_up_to(shape);
    if (!limit) return made;
    std::vector<at::Tensor> cosines{usual.cosine}, sines{usual.sine};
    std::vector<std::int64_t> shift;  // [T] by how much a row's position moves
    std::int64_t rows = usual.cosine.size(0);
    for (const token_tree& tree : batch.trees) {
        std::int64_t longest = 0, end = tree.trunk.end();
        for (const segment& branch : tree.branches) {
            longest = std::max(longest, branch.size + 1);
            end = std::max(end, branch.end());
        }
        const std::int64_t length = tree.trunk.size + longest;
        const bool is_long = length > *limit;
        require(!is_long || tree.branches.size() < 2, "a text of ", length, " tokens is over the ", *limit,
                " up to which its rotary angles do not depend on its length, and cannot share its beginning with ",
                "others");
        shift.resize(static_cast<std::size_t>(end), is_long ? rows : 0);
        if (!is_long) continue;
        const rotary_table own{shape, length, usual.cosine.options()};
        cosines.push_back(own.cosine);
        sines.push_back(own.sine);
        rows += length;
    }
    if (cosines.size() == 1) return made;
    made.batch.positions = batch.positions + to_device(shift, batch.positions.device());
    made.table.cosine = at::cat(cosines);
    made.table.sine = at::cat(sines);
    return made;
}

}  // namespace aha
