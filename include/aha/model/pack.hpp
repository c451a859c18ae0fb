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
#include <aha/core/supervised_example.hpp>
#include <aha/core/token_id.hpp>
#include <aha/kernels/to_device.hpp>

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

/// A prompt and the completions that continue it, as tokens.
struct token_group {
    std::span<const token_id> trunk;                  ///< the prompt
    std::vector<std::span<const token_id>> branches;  ///< its completions
};

/// A packed row with, for each branch token, the row that predicts it.
struct packed_groups {
    packed_trees batch;  ///< the row
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
    const auto tensor = [&](const std::vector<std::int64_t>& values) { return to_device(values, device); };
    packed.batch.ids = tensor(ids);
    packed.batch.positions = tensor(positions);
    packed.predictions = {tensor(rows), tensor(targets)};
    return packed;
}

/// Prompts as a model reads them before it decodes.
struct packed_prompts {
    packed_trees batch;  ///< the row
    segment prefix;      ///< of the row: the tokens that all prompts begin with; empty if each has its own tree
    std::vector<segment> prompts;  ///< of the row: the rest of each prompt, never empty
};

/// Prompts alone. Where several begin with the same tokens (a template), these are computed once: one tree whose trunk
/// they are and whose branches are what follows. Otherwise each prompt is a tree of its own.
inline packed_prompts pack_prompts(std::span<const std::vector<token_id>> prompts,
                                   const at::Device& device = at::kCPU) {
    constexpr std::size_t worth_sharing = 8;  // tokens; below, a tree saves less than its bookkeeping costs
    std::size_t common = prompts.size() < 2 ? 0 : prompts.front().size();
    for (const std::vector<token_id>& ids : prompts) {
        require(!ids.empty(), "a prompt without tokens cannot be packed");
        const auto limit = static_cast<std::ptrdiff_t>(std::min(common, ids.size() - 1));  // something must follow
        const auto first = prompts.front().begin();
        common = static_cast<std::size_t>(std::mismatch(first, first + limit, ids.begin()).first - first);
    }
    if (common < worth_sharing) common = 0;

    std::vector<std::int64_t> ids, positions;
    const auto append = [&](std::span<const token_id> tokens, std::size_t first_position) {
        const segment s{std::ssize(ids), std::ssize(tokens)};
        ids.insert(ids.end(), tokens.begin(), tokens.end());
        for (std::size_t i = 0; i < tokens.size(); ++i)
            positions.push_back(static_cast<std::int64_t>(first_position + i));
        return s;
    };
    packed_prompts packed;
    if (common > 0) packed.prefix = append(std::span{prompts.front()}.first(common), 0);
    for (const std::vector<token_id>& own : prompts)
        packed.prompts.push_back(append(std::span{own}.subspan(common), common));
    if (common > 0) packed.batch.trees = {{packed.prefix, packed.prompts}};
    else
        for (const segment& s : packed.prompts) packed.batch.trees.push_back({s, {}});
    packed.batch.ids = to_device(ids, device);
    packed.batch.positions = to_device(positions, device);
    return packed;
}

}  // namespace aha
