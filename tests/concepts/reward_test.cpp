#include <aha/concepts/reward.hpp>

#include <array>
#include <gtest/gtest.h>
#include <string>

#include "tests/concepts/archetypes.hpp"

namespace {

struct repeatable {
    double operator()(const aha::prompt&, const aha::completion&) const;
};

}  // namespace

template <>
inline constexpr bool aha::deterministic_reward<repeatable> = true;

namespace {

using namespace aha;

template <class R>
constexpr std::array clauses{reward_is_callable<R>, reward_gives_score<R>};

template <class Result>
struct giving {
    Result operator()(const prompt&, const completion&) const;
};

struct callable_unless_const {
    double operator()(const prompt&, const completion&);
};
struct reading_text {
    double operator()(const std::string&) const;
};
struct wanting_to_change_the_completion {
    double operator()(const prompt&, completion&) const;
};
struct swapped {
    double operator()(const completion&, const prompt&) const;
};

TEST(reward_concept, the_least_type_satisfies_it) {
    static_assert(require_reward<test::min_reward>() && reward<test::min_reward>);
}

TEST(reward_concept, lambdas_and_functions_satisfy_it) {
    const auto lambda = [](const prompt& p, const completion& c) { return p["answer"] == c.text; };
    static_assert(require_reward<decltype(lambda)>() && reward<decltype(lambda)>);
    const auto generic = [](const auto&, const auto& c) { return c.ids.size(); };
    static_assert(reward<decltype(generic)>);
    static_assert(reward<double (*)(const prompt&, const completion&)>);
    const auto counting = [n = 0](const prompt&, const completion&) mutable { return ++n; };
    static_assert(!reward<decltype(counting)>);
    static_assert(clauses<decltype(counting)> == std::array{false, false});
}

TEST(reward_concept, gives_a_bool_a_number_a_score_or_an_optional_number) {
    static_assert(reward<giving<bool>> && reward<giving<int>> && reward<giving<float>> && reward<giving<double>>);
    static_assert(reward<giving<score>> && reward<giving<const score&>> && reward<giving<std::optional<double>>>);
    static_assert(!reward<giving<std::string>> && clauses<giving<std::string>> == std::array{true, false});
    static_assert(!reward<giving<const char*>> && clauses<giving<const char*>> == std::array{true, false});
    static_assert(!reward<giving<void>> && clauses<giving<void>> == std::array{true, false});
    static_assert(!reward<giving<std::optional<bool>>> &&
                  clauses<giving<std::optional<bool>>> == std::array{true, false});
    static_assert(!reward<giving<std::vector<double>>> &&
                  clauses<giving<std::vector<double>>> == std::array{true, false});
}

TEST(reward_concept, each_defect_of_the_arguments_breaks_the_first_clause) {
    static_assert(!reward<callable_unless_const> && clauses<callable_unless_const> == std::array{false, false});
    static_assert(!reward<reading_text> && clauses<reading_text> == std::array{false, false});
    static_assert(!reward<wanting_to_change_the_completion>);
    static_assert(clauses<wanting_to_change_the_completion> == std::array{false, false});
    static_assert(!reward<swapped> && clauses<swapped> == std::array{false, false});
}

TEST(reward_concept, determinism_is_said_not_guessed) {
    static_assert(!deterministic_reward<test::min_reward> && !deterministic_reward<giving<double>>);
    static_assert(deterministic_reward<repeatable> && reward<repeatable>);
}

}  // namespace
