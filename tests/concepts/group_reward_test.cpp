#include <aha/concepts/group_reward.hpp>

#include <array>
#include <gtest/gtest.h>
#include <span>
#include <vector>

#include <aha/core/records.hpp>

namespace {

using namespace aha;

template <class R>
constexpr std::array clauses{group_reward_is_callable<R>, group_reward_gives_scores<R>};

template <class Result>
struct giving {
    Result operator()(const prompt&, std::span<const completion>) const;
};

/// It can be called and moved, and no more.
struct least_group_reward {
    explicit least_group_reward(int) {}
    least_group_reward(least_group_reward&&) = default;
    least_group_reward(const least_group_reward&) = delete;
    least_group_reward& operator=(least_group_reward&&) = delete;
    least_group_reward& operator=(const least_group_reward&) = delete;
    ~least_group_reward() = default;
    std::vector<score> operator()(const prompt&, std::span<const completion> cs) const {
        return std::vector<score>(cs.size());
    }
};

struct callable_unless_const {
    std::vector<score> operator()(const prompt&, std::span<const completion>);
};
struct wanting_to_change_the_completions {
    std::vector<score> operator()(const prompt&, std::span<completion>) const;
};
struct taking_a_vector {
    std::vector<score> operator()(const prompt&, const std::vector<completion>&) const;
};

TEST(group_reward_concept, the_least_type_and_lambdas_satisfy_it) {
    static_assert(require_group_reward<least_group_reward>() && group_reward<least_group_reward>);
    const auto lambda = [](const prompt&, std::span<const completion> cs) { return std::vector<score>(cs.size()); };
    static_assert(group_reward<decltype(lambda)> && require_any_reward<decltype(lambda)>());
    static_assert(group_reward<giving<const std::vector<score>&>>);
}

TEST(group_reward_concept, each_defect_breaks_its_clause) {
    static_assert(clauses<giving<std::vector<double>>> == std::array{true, false});
    static_assert(clauses<giving<score>> == std::array{true, false});
    static_assert(clauses<giving<void>> == std::array{true, false});
    static_assert(clauses<callable_unless_const> == std::array{false, false});
    static_assert(clauses<wanting_to_change_the_completions> == std::array{false, false});
    static_assert(clauses<taking_a_vector> == std::array{false, false});
    static_assert(!any_reward<giving<std::vector<double>>> && !any_reward<int>);
}

TEST(group_reward_concept, a_reward_of_either_kind_is_one) {
    const auto single = [](const prompt&, const completion&) { return 1; };
    static_assert(any_reward<decltype(single)> && require_any_reward<decltype(single)>());
    static_assert(!group_reward<decltype(single)> && !reward<least_group_reward>);
    // A generic lambda is called with one completion, and not even tried with several.
    const auto generic = [](const auto&, const auto& c) { return c.ids.size(); };
    static_assert(any_reward<decltype(generic)> && require_any_reward<decltype(generic)>());
}

}  // namespace
