#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <aha/concepts/group_reward.hpp>
#include <aha/concepts/reward.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/reward/as_scores.hpp>

/// Rewards made of rewards.
namespace aha {

/// A reward with the name that its metrics get in the metrics, and its weight in a sum. Made by `named`.
template <any_reward R>
struct named_reward {
    std::string name{};  ///< in metrics
    R judge;             ///< the reward
    double weight = 1;   ///< its factor in a sum
};

/// Gives `judge` a name and a weight for `sum_rewards`. Throws `aha::error` for an empty name or a weight that is not
/// finite.
template <any_reward R>
named_reward<R> named(std::string name, R judge, double weight = 1) {
    require(!name.empty(), "a reward's name must not be empty: its metrics appear under it");
    require(std::isfinite(weight), "the weight of the reward \"", name, "\" must be finite, not ", weight);
    return {std::move(name), std::move(judge), weight};
}

/// The weighted sum of named rewards: a `group_reward` if one of them is, else a `reward`. Made by `sum_rewards`.
template <any_reward... Rs>
class reward_sum {
public:
    /// The weighted sum of the terms.
    explicit reward_sum(named_reward<Rs>... terms) : terms_{std::move(terms)...} {
        const std::array<std::string, sizeof...(Rs)> names =
            std::apply([](const auto&... term) { return std::array{term.name...}; }, terms_);
        for (std::size_t i = 0; i < names.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                require(names[i] != names[j], "two rewards of one sum are called \"", names[i],
                        "\"; their metrics need two names");
    }

    score operator()(const prompt& asked, const completion& given) const
        requires(reward<Rs> && ...)
    {
        score sum = score::not_applicable();
        std::apply(
            [&](const auto&... term) { (add(sum, term.name, term.weight, as_score(term.judge, asked, given)), ...); },
            terms_);
        return sum;
    }

    std::vector<score> operator()(const prompt& asked, std::span<const completion> given) const
        requires(!(reward<Rs> && ...))
    {
        std::vector<score> sums(given.size(), score::not_applicable());
        const auto add_all = [&](const auto& term) {
            const std::vector<score> scores = as_scores(term.judge, asked, given);
            for (std::size_t i = 0; i < sums.size(); ++i) add(sums[i], term.name, term.weight, scores[i]);
        };
        std::apply([&](const auto&... term) { (add_all(term), ...); }, terms_);
        return sums;
    }

private:
    static void add(score& sum, const std::string& name, double weight, const score& one) {
        if (one.applicable) {
            sum.applicable = true;
            sum.value += weight * one.value;
            sum.parts.emplace_back(name, one.value);
        }
        for (const auto& [part, value] : one.parts) sum.parts.emplace_back(name + '/' + part, value);
    }

    std::tuple<named_reward<Rs>...> terms_;
};

/// The sum of rewards, each times its weight, as R1 adds accuracy and format:
/// `sum_rewards(named("accuracy", accuracy{}), named("format", format_reward{}))`.
///
/// The score's parts carry each reward's name and value before weighting; parts of a part are called "name/part". A
/// reward that is not applicable is left out of the sum and of the parts, but for parts of its own, which count why; if
/// none is applicable, neither is the sum.
/// Throws `aha::error` if two have the same name.
///
/// One group reward makes the sum one: the others are then asked about a group's completions one after the other, and
/// one that throws fails for the whole group.
///
/// In a group where no answer is right the smaller terms alone drive the update, since advantages do not depend on a
/// reward's scale; where that is not wanted, see `gate`.
template <any_reward... Rs>
reward_sum<Rs...> sum_rewards(named_reward<Rs>... terms) {
    static_assert(sizeof...(Rs) > 0, "aha: a sum of rewards needs one reward at least");
    return reward_sum<Rs...>{std::move(terms)...};
}

/// A reward that counts only where another one is positive. Made by `gate`.
template <reward Gatekeeper, reward R>
class gated_reward {
public:
    /// The judge's score where the gatekeeper's is above 0, else 0.
    gated_reward(Gatekeeper gatekeeper, R judge) : gatekeeper_{std::move(gatekeeper)}, judge_{std::move(judge)} {}

    score operator()(const prompt& asked, const completion& given) const {
        score passed = as_score(gatekeeper_, asked, given);
        if (!passed.applicable) return score::not_applicable();
        // A NaN goes on, for the reward stage to complain of.
        if (!std::isfinite(passed.value)) return passed;
        return passed.value > 0 ? as_score(judge_, asked, given) : score{0.0};
    }

private:
    Gatekeeper gatekeeper_;
    R judge_;
};

/// `judge`'s score where `gatekeeper`'s is above 0, else 0: a right answer in the wrong format earns nothing. `judge`
/// is not asked where the gate is shut. Not applicable where the gatekeeper is not.
template <reward Gatekeeper, reward R>
gated_reward<Gatekeeper, R> gate(Gatekeeper gatekeeper, R judge) {
    return {std::move(gatekeeper), std::move(judge)};
}

template <any_reward... Rs>
inline constexpr bool deterministic_reward<reward_sum<Rs...>> = (deterministic_reward<Rs> && ...);

template <reward Gatekeeper, reward R>
inline constexpr bool deterministic_reward<gated_reward<Gatekeeper, R>> =
    deterministic_reward<Gatekeeper> && deterministic_reward<R>;

}  // namespace aha
