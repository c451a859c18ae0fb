#include <aha/concepts/advantage.hpp>

#include <array>
#include <gtest/gtest.h>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class A>
constexpr std::array clauses{advantage_is_callable<A>, advantage_gives_doubles<A>};

template <class Result>
struct giving {
    Result operator()(std::span<const score>) const;
};

struct callable_unless_const {
    std::vector<double> operator()(std::span<const score>);
};
struct reading_numbers {
    std::vector<double> operator()(std::span<const double>) const;
};
struct wanting_to_change_the_scores {
    std::vector<double> operator()(std::span<score>) const;
};

TEST(advantage_concept, the_least_type_satisfies_it) {
    static_assert(require_advantage<test::least_advantage>() && advantage<test::least_advantage>);
    const std::vector<score> scores{1.0, score::not_applicable()};
    EXPECT_EQ(test::least_advantage{test::made}(scores), (std::vector<double>{0.5, 0}));
}

TEST(advantage_concept, a_lambda_satisfies_it) {
    const auto lambda = [](std::span<const score> scores) { return std::vector<double>(scores.size()); };
    static_assert(require_advantage<decltype(lambda)>() && advantage<decltype(lambda)>);
}

TEST(advantage_concept, each_defect_breaks_its_clause) {
    static_assert(!advantage<callable_unless_const> && clauses<callable_unless_const> == std::array{false, false});
    static_assert(!advantage<reading_numbers> && clauses<reading_numbers> == std::array{false, false});
    static_assert(!advantage<wanting_to_change_the_scores>);
    static_assert(clauses<wanting_to_change_the_scores> == std::array{false, false});
    static_assert(!advantage<giving<std::vector<float>>> &&
                  clauses<giving<std::vector<float>>> == std::array{true, false});
    static_assert(!advantage<giving<double>> && clauses<giving<double>> == std::array{true, false});
    static_assert(!advantage<giving<at::Tensor>> && clauses<giving<at::Tensor>> == std::array{true, false});
}

}  // namespace
