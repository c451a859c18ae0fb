#pragma once

#include <vector>

#include <examples/paper_in_miniature/base_claims.hpp>
#include <examples/paper_in_miniature/cold_start_claims.hpp>
#include <examples/paper_in_miniature/distillation_claim.hpp>
#include <examples/paper_in_miniature/language_claim.hpp>

namespace miniature {

/// All of them, in the order of the table.
inline std::vector<claim> all_claims() {
    return {rl_alone(),
            cold_start_then_rl(),
            language_reward(),
            distillation(),
            majority_vote(),
            control("noise", "A reward that is a coin's teaches nothing", coin_reward()),
            control("permuted", "Advantages dealt at random teach nothing", rule_rewards(), permuted_advantages{1}),
            too_high_a_rate()};
}

}  // namespace miniature
