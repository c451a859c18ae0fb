#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include <aha/train/microbatch.hpp>
#include <aha/train/policy_gradient.hpp>
#include <aha/train/rank_work.hpp>
#include <aha/train/reward_gradient.hpp>

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
    for (const auto& group : own_share(ranks, std::move(groups), [](const std::vector<training_item>& one) {
             std::size_t tokens = one.front().group->prompt.ids.size();
             for (const training_item& item : one) tokens += item.taken().ids.size();
             return tokens;
         }))
        own.insert(own.end(), group.begin(), group.end());
    return own;
}

}  // namespace aha
