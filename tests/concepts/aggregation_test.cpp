#include <aha/concepts/aggregation.hpp>

#include <array>
#include <gtest/gtest.h>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class A>
constexpr std::array clauses{aggregation_is_callable<A>, aggregation_gives_doubles<A>};

template <class Result>
struct giving {
    Result operator()(std::span<const std::int64_t>) const;
};

struct callable_unless_const {
    std::vector<double> operator()(std::span<const std::int64_t>);
};
struct reading_int {
    std::vector<double> operator()(std::span<const int>) const;
};

TEST(aggregation_concept, the_least_type_satisfies_it) {
    static_assert(require_aggregation<test::least_aggregation>() && aggregation<test::least_aggregation>);
    EXPECT_EQ(test::least_aggregation{test::made}(std::vector<std::int64_t>{3, 5}), (std::vector<double>{0.5, 0.5}));
}

TEST(aggregation_concept, a_lambda_satisfies_it) {
    const auto lambda = [](std::span<const std::int64_t> lengths) { return std::vector<double>(lengths.size(), 0.01); };
    static_assert(require_aggregation<decltype(lambda)>() && aggregation<decltype(lambda)>);
}

TEST(aggregation_concept, each_defect_breaks_its_clause) {
    static_assert(!aggregation<callable_unless_const> && clauses<callable_unless_const> == std::array{false, false});
    static_assert(!aggregation<reading_int> && clauses<reading_int> == std::array{false, false});
    static_assert(!aggregation<giving<double>> && clauses<giving<double>> == std::array{true, false});
    static_assert(!aggregation<giving<std::vector<float>>>);
    static_assert(clauses<giving<std::vector<float>>> == std::array{true, false});
    static_assert(!aggregation<test::least_advantage> && !aggregation<test::least_schedule>);
}

}  // namespace
