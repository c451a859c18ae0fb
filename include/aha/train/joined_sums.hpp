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

/// What all ranks added up. A rank without items has no sums of the loss's metrics, so these travel by name.
template <class Communicator>
gradient_sums join_sums(const Communicator& ranks, const gradient_sums& own) {
    if (ranks.size() == 1) return own;
    // CBOR and not text: a loss that is not a number must arrive as what it is.
    const nlohmann::json mine = {own.loss, own.tokens, own.largest_gap, own.gap, own.sums};
    const std::vector<std::uint8_t> packed = nlohmann::json::to_cbor(mine);
    gradient_sums joined;
    for (const std::string& bytes : ranks.gather({packed.begin(), packed.end()})) {
        const nlohmann::json theirs = nlohmann::json::from_cbor(bytes);
        gradient_sums one;
        one.loss = theirs[0].template get<double>();
        one.tokens = theirs[1].template get<double>();
        one.largest_gap = theirs[2].template get<double>();
        one.gap = theirs[3].template get<double>();
        one.sums = theirs[4].template get<std::map<std::string, double>>();
        joined += one;
    }
    return joined;
}

/// What all ranks measured of their shares of a batch.
template <class Communicator>
reward_figures join_figures(const Communicator& ranks, const reward_figures& own) {
    if (ranks.size() == 1) return own;
    reward_figures joined;
    for (const std::vector<double>& of :
         gather_numbers(ranks, {own.loss, own.accuracy, own.margin, own.texts, own.mean_reward * own.texts,
                                own.min_reward, own.max_reward})) {
        joined.loss += of[0], joined.accuracy += of[1], joined.margin += of[2], joined.texts += of[3];
        joined.mean_reward += of[4];
        joined.min_reward = std::min(joined.min_reward, of[5]);
        joined.max_reward = std::max(joined.max_reward, of[6]);
    }
    joined.mean_reward /= joined.texts;
    return joined;
}

}  // namespace aha
