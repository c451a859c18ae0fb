#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <algorithm>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/packed.hpp>
#include <aha/kernels/to_device.hpp>
#include <aha/model/ops/rotary.hpp>

namespace aha {

/// Packed trees whose positions are rows of a table of angles.
struct placed_trees {
    packed_trees batch;  ///< the trees
    rotary_table table;  ///< the angles
};

/// Tables of angles of long texts, by their length: a table is made when a text of its length is first read, not each
/// time. Threads may ask at once. The last ones are kept, of `max_rows` rows in all.
class long_text_tables {
public:
    static constexpr std::int64_t max_rows = 1 << 17;  ///< 64 MiB with heads of 128 numbers

    /// The angles of a text of `length` tokens. One object is asked about one shape and one device.
    rotary_table of(const rotary_shape& shape, std::int64_t length, const at::TensorOptions& options) {
        const std::lock_guard guard{mutex_};
        for (const auto& [rows, table] : tables_)
            if (rows == length) return table;
        ++made_;
        tables_.emplace_back(length, rotary_table{shape, length, options});
        const rotary_table table = tables_.back().second;
        for (rows_ += length; rows_ > max_rows && !tables_.empty(); tables_.pop_front()) rows_ -= tables_.front().first;
        return table;
    }

    std::int64_t made() const { return made_; }  ///< how many were made

private:
    std::mutex mutex_;
    std::deque<std::pair<std::int64_t, rotary_table>> tables_;
    std::int64_t rows_ = 0, made_ = 0;
};

/// Gives each text that is longer than `same_angles_up_to(shape)` the angles of its own length; the others keep those
/// of `usual`. The length is that of the whole text: tokens at its end without a row count. So a text
/// has the same log-probs whatever it is packed with, those of transformers for it alone. Throws `aha::error` for a
/// long text that shares its beginning with others, for which there is no such angle.
/// @param tables of the texts with angles of their own
inline placed_trees placed(const packed_trees& batch, const rotary_shape& shape, const rotary_table& usual,
                           long_text_tables& tables) {
    placed_trees made{batch, usual};
    const std::optional<std::int64_t> limit = same_angles_up_to(shape);
    if (!limit) return made;
    std::vector<at::Tensor> cosines, sines;
    std::vector<std::int64_t> shift;  // [T] by how much a row's position moves
    std::int64_t rows = usual.length();
    for (const token_tree& tree : batch.trees) {
        std::int64_t length = std::max(tree.longest, tree.trunk.size), end = tree.trunk.end();
        bool one_path = true;
        for (std::size_t n = 0; n < tree.branches.size(); ++n) {
            const segment& branch = tree.branches[n];
            length = std::max(length, tree.tokens_before(n) + branch.size);
            end = std::max(end, branch.end());
            one_path = one_path && tree.parent(n) == static_cast<std::int64_t>(n) - 1;
        }
        const bool is_long = length > *limit;
        require(!is_long || one_path, "a text of ", length, " tokens is over the ", *limit,
                " up to which its rotary angles do not depend on its length, and cannot share its beginning with ",
                "others");
        shift.resize(static_cast<std::size_t>(end), is_long ? rows : 0);
        if (!is_long) continue;
        const auto add = [&](const rotary_table::angles& angles, std::int64_t count) {
            cosines.push_back(angles.cosine.narrow(0, 0, count));
            sines.push_back(angles.sine.narrow(0, 0, count));
        };
        if (cosines.empty()) add(usual.all(), usual.length());
        add(tables.of(shape, length, batch.positions.options()).all(), length);
        rows += length;
    }
    if (cosines.empty()) return made;
    made.batch.positions = batch.positions + to_device(shift, batch.positions.device());
    made.table = rotary_table{rotary_table::angles{at::cat(cosines), at::cat(sines)}};
    return made;
}

}  // namespace aha
