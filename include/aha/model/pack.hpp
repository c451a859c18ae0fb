#pragma once

#include <ATen/core/Tensor.h>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/packed.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/core/token_id.hpp>
#include <aha/kernels/to_device.hpp>
#include <aha/model/shared_prefixes.hpp>

namespace aha {

/// Where a packed row is made, and what may share its beginning.
struct packing {
    at::Device device = at::kCPU;  ///< of the row
    /// Texts of more tokens share nothing: their rotary angles depend on their length; see `same_angles_up_to`.
    std::int64_t share_up_to = std::numeric_limits<std::int64_t>::max();
};

/// How rows for `model` are packed, which `others` read too: on its device, and as far as every `share_up_to()` allows.
template <class Model, class... Others>
packing packing_for(const Model& model, const Others&... others) {
    packing how{.device = Model::tensor_policy::device()};
    const auto limit = [&](const auto& reader) {
        if constexpr (requires { reader.share_up_to(); })
            how.share_up_to = std::min<std::int64_t>(how.share_up_to, reader.share_up_to());
    };
    limit(model);
    (limit(others), ...);
    return how;
}

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

namespace detail {

/// The row of texts that were added, on a device.
inline packed_trees on_device(shared_prefixes::layout row, const at::Device& device) {
    return {to_device(row.ids, device), to_device(row.positions, device), std::move(row.trees)};
}

}  // namespace detail

/// Lays examples out in one flat row; nothing is padded, and none sees another. What examples begin with alike (a
/// system prompt, a template) is computed once. What follows an example's last loss token, and that token itself,
/// predict nothing and are left out. Throws `aha::error` for an example that learns nothing, or learns its first token.
inline packed_examples pack_examples(std::span<const supervised_example* const> examples, const packing& how = {}) {
    shared_prefixes texts;
    std::vector<shared_prefixes::place> places;
    for (const supervised_example* const example : examples) {
        require_loss_mask(*example);
        std::size_t end = example->loss_mask.size();
        while (end > 0 && example->loss_mask[end - 1] == 0) --end;
        require(end > 0, "example ", example->index, " has no token to learn");
        require(example->loss_mask[0] == 0, "example ", example->index,
                " learns its first token, which nothing predicts");
        const std::span read = std::span{example->ids}.first(end - 1);
        const bool shares = std::ssize(example->ids) <= how.share_up_to;
        const std::int64_t unread = std::ssize(example->ids) - std::ssize(read);
        places.push_back(shares ? texts.add(read, {}, unread) : texts.add_alone(read, unread));
    }
    packed_examples packed;
    packed.batch = detail::on_device(texts.lay_out(), how.device);
    std::vector<std::int64_t> rows, targets;
    for (std::size_t n = 0; n < examples.size(); ++n) {
        const std::vector<std::int64_t> all = texts.rows(places[n], 0);
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (examples[n]->loss_mask[i + 1] == 0) continue;
            rows.push_back(all[i]);
            targets.push_back(examples[n]->ids[i + 1]);
        }
    }
    packed.predictions = {to_device(rows, how.device), to_device(targets, how.device)};
    return packed;
}

/// Texts that may begin alike: the two sides of a pair, the answers to one prompt.
using text_group = std::vector<std::span<const token_id>>;

/// A packed row of whole texts, with the row of each text's last token.
struct packed_texts {
    packed_trees batch;  ///< the row
    at::Tensor last;     ///< [S] int64, indices into the packed row: text after text, group after group
};

/// Lays texts out in one flat row; nothing is padded. What several begin with is computed once. Texts see nothing of
/// one another besides. Throws `aha::error` for a text without tokens.
inline packed_texts pack_texts(std::span<const text_group> groups, const packing& how = {}) {
    shared_prefixes texts;
    std::vector<shared_prefixes::place> places;
    for (const text_group& group : groups)
        for (const std::span<const token_id>& text : group) {
            require(!text.empty(), "a text without tokens cannot be packed");
            const bool shares = std::ssize(text) <= how.share_up_to;
            places.push_back(shares ? texts.add(text) : texts.add_alone(text));
        }
    packed_texts packed;
    packed.batch = detail::on_device(texts.lay_out(), how.device);
    std::vector<std::int64_t> last;
    for (const shared_prefixes::place& text : places) last.push_back(texts.rows(text, text.length - 1).front());
    packed.last = to_device(last, how.device);
    return packed;
}

/// A prompt and the completions that continue it, as tokens.
struct token_group {
    std::span<const token_id> trunk;                  ///< the prompt
    std::vector<std::span<const token_id>> branches;  ///< its completions
    std::vector<std::vector<segment>> predicted{};  ///< of each completion, the stretches of tokens that are predicted,
                                                    ///< in order; empty: all of each
};

/// A packed row with, for each predicted token, the row that predicts it.
struct packed_groups {
    packed_trees batch;  ///< the row
    aha::predictions
        predictions;  ///< [N]: predicted tokens in order; the first of a branch is predicted by the trunk's end
};

namespace detail {

/// The stretches of a group's completion `n` that are predicted; checked to be in order.
inline std::vector<segment> predicted_of(const token_group& group, std::size_t n) {
    const std::int64_t size = std::ssize(group.branches[n]);
    if (group.predicted.empty()) return {{0, size}};
    require(group.predicted.size() == group.branches.size() && !group.predicted[n].empty(), "a prompt has ",
            group.branches.size(), " completions, but not for each what is predicted of it");
    std::int64_t end = 0;
    for (const segment& own : group.predicted[n]) {
        require(own.size > 0 && own.begin >= end && own.end() <= size, "tokens ", own.begin, " to ", own.end(),
                " are to be predicted after those up to ", end, " of a completion of ", size);
        end = own.end();
    }
    return group.predicted[n];
}

}  // namespace detail

/// Lays groups out in one flat row; nothing is padded. What prompts begin with alike, whoever's they are, and what the
/// completions of a prompt do, is computed once. A branch's last predicted token needs no hidden state of its own
/// (nothing is predicted from it), so it is left out of the row, with what follows, but stays a target.
inline packed_groups pack_groups(std::span<const token_group> groups, const packing& how = {}) {
    shared_prefixes texts;
    std::vector<shared_prefixes::place> ends;
    for (const token_group& group : groups) {
        require(!group.trunk.empty(), "a prompt without tokens cannot be packed");
        std::optional<shared_prefixes::place> trunk;
        if (group.branches.empty()) trunk = texts.add(group.trunk);
        for (std::size_t n = 0; n < group.branches.size(); ++n) {
            const std::span<const token_id>& branch = group.branches[n];
            require(!branch.empty(), "a completion without tokens cannot be packed");
            const auto last = static_cast<std::size_t>(detail::predicted_of(group, n).back().end()) - 1;
            const auto read = branch.first(last);
            const std::int64_t unread = std::ssize(branch) - std::ssize(read);
            if (std::ssize(group.trunk) + std::ssize(branch) > how.share_up_to) {
                std::vector<token_id> whole{group.trunk.begin(), group.trunk.end()};
                whole.insert(whole.end(), read.begin(), read.end());
                ends.push_back(texts.add_alone(whole, unread));
            } else {
                if (!trunk) trunk = texts.add(group.trunk);
                ends.push_back(texts.add(read, *trunk, unread));
            }
        }
    }
    packed_groups packed;
    packed.batch = detail::on_device(texts.lay_out(), how.device);
    std::vector<std::int64_t> rows, targets;
    auto end = ends.begin();
    for (const token_group& group : groups)
        for (std::size_t n = 0; n < group.branches.size(); ++n) {
            const std::vector<std::int64_t> before = texts.rows(*end++, std::ssize(group.trunk) - 1);
            for (const segment& own : detail::predicted_of(group, n)) {
                rows.insert(rows.end(), before.begin() + own.begin, before.begin() + own.end());
                const auto of = group.branches[n].subspan(static_cast<std::size_t>(own.begin));
                targets.insert(targets.end(), of.begin(), of.begin() + own.size);
            }
        }
    packed.predictions = {to_device(rows, how.device), to_device(targets, how.device)};
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
    std::size_t common = prompts.size() < 2 ? 0 : prompts.front().size();
    for (const std::vector<token_id>& ids : prompts) {
        require(!ids.empty(), "a prompt without tokens cannot be packed");
        const auto limit = static_cast<std::ptrdiff_t>(std::min(common, ids.size() - 1));  // something must follow
        const auto first = prompts.front().begin();
        common = static_cast<std::size_t>(std::mismatch(first, first + limit, ids.begin()).first - first);
    }
    if (common < shared_prefixes::worth_sharing) common = 0;

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
