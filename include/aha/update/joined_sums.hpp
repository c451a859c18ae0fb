#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <aha/update/microbatch.hpp>
#include <aha/update/policy_gradient.hpp>
#include <aha/dist/rank_work.hpp>
#include <aha/update/reward_gradient.hpp>

/// What the ranks' shares of a batch add up to.
namespace aha {

/// The items that this rank trains on: whole groups, so that a prompt is computed once, by their tokens.
template <class Communicator>
std::vector<training_item> own_items(const Communicator& ranks, std::vector<training_item> all) {
    if (ranks.size() == 1) return all;
    std::vector<std::vector<training_item>> groups;
    for (const training_item& item : all) {
        if (groups.empty() || groups.back().front().group != item.group) groups.emplace_back();
        groups.back().push_back(item);
    }
    std::vector<training_item> own;
    for (const auto& group : local_shard(ranks, std::move(groups), [](const std::vector<training_item>& one) {
             std::size_t tokens = one.front().group->prompt.ids.size();
             for (const training_item& item : one) tokens += item.completion().ids.size();
             return tokens;
         }))
        own.insert(own.end(), group.begin(), group.end());
    return own;
}

}  // namespace aha
