#include <aha/concepts/schedule.hpp>

#include <array>
#include <gtest/gtest.h>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class S>
constexpr std::array clauses{schedule_is_callable<S>, schedule_gives_number<S>};

template <class Result>
struct giving {
    Result operator()(std::int64_t) const;
};

struct callable_unless_const {
    double operator()(std::int64_t);
};
struct without_a_step {
    double operator()() const;
};

TEST(schedule_concept, the_least_type_satisfies_it) {
    static_assert(require_schedule<test::least_schedule>() && schedule<test::least_schedule>);
    EXPECT_EQ(test::least_schedule{test::made}(7), 1.0);
}

TEST(schedule_concept, a_lambda_satisfies_it) {
    const auto lambda = [](std::int64_t step) { return 1.0 / static_cast<double>(step + 1); };
    static_assert(require_schedule<decltype(lambda)>() && schedule<decltype(lambda)>);
}

TEST(schedule_concept, each_defect_breaks_its_clause) {
    static_assert(!schedule<callable_unless_const> && clauses<callable_unless_const> == std::array{false, false});
    static_assert(!schedule<without_a_step> && clauses<without_a_step> == std::array{false, false});
    static_assert(!schedule<giving<void>> && clauses<giving<void>> == std::array{true, false});
    static_assert(!schedule<giving<bool>> && clauses<giving<bool>> == std::array{true, false});
    static_assert(!schedule<giving<std::vector<double>>>);
    static_assert(clauses<giving<std::vector<double>>> == std::array{true, false});
}

}  // namespace
