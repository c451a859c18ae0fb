#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <aha/core/token_id.hpp>
#include <aha/model/shared_prefixes.hpp>

namespace aha {

/// How many tokens an item adds to a packed row.
struct packed_size {
    std::int64_t own = 0;         ///< tokens that no other item has
    std::int64_t shared = 0;      ///< those that its group begins with, which a row holds once
    const void* group = nullptr;  ///< adjacent items of one group have their beginning in common; null: it is alone
    /// What the item begins with (its prompt, or all of it): a row holds once what groups next to one another have
    /// alike.
    std::span<const token_id> beginning{};
};

/// Cuts items (those of a group adjacent) into microbatches of at most `budget` packed tokens, without splitting a
/// group where it fits. A group too long for the budget is cut between items; what it begins with is then computed
/// again. A single item over the budget is a microbatch of its own.
/// @param size_of the `packed_size` of an item
template <class Item, class SizeOf>
std::vector<std::vector<Item>> plan_microbatches(std::span<const Item> items, std::int64_t budget,
                                                 const SizeOf& size_of) {
    std::vector<std::vector<Item>> plan;
    std::int64_t used = 0;
    std::span<const token_id> last;  // what the group before begins with
    for (std::size_t i = 0; i < items.size();) {
        const packed_size first = size_of(items[i]);
        const std::int64_t again = plan.empty() ? 0 : shared_prefixes::worth(last, first.beginning);
        last = first.beginning;
        std::size_t end = i + 1;
        std::int64_t whole = first.shared + first.own;
        for (; end < items.size() && first.group != nullptr; ++end) {
            const packed_size next = size_of(items[end]);
            if (next.group != first.group) break;
            whole += next.own;
        }
        if (plan.empty() || used + whole - again > budget) {
            plan.emplace_back();
            used = 0;
        } else {
            used -= again;
        }
        used += first.shared;
        for (bool cut_here = false; i < end; ++i) {
            const std::int64_t own = size_of(items[i]).own;
            if (cut_here && used + own > budget) {
                plan.emplace_back();
                used = first.shared;
            }
            plan.back().push_back(items[i]);
            used += own;
            cut_here = true;
        }
    }
    return plan;
}

}  // namespace aha
