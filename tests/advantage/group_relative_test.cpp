#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aha/advantage/group_relative.hpp>
#include <aha/concepts/advantage.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::score;
using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pointwise;

static_assert(aha::require_advantage<aha::group_relative>());

const score none = score::not_applicable();

TEST(group_relative, divides_by_the_unbiased_deviation_plus_epsilon) {
    // scores 1 0 0 1: mean 1/2, squares 4 x 1/4 = 1, deviation sqrt(1 / 3) = 0.5773502692
    const double a = 0.5 / (0.5773502691896258 + 1e-4);
    EXPECT_THAT(aha::group_relative{}(std::vector<score>{1, 0, 0, 1}), Pointwise(DoubleNear(1e-12), {a, -a, -a, a}));
    // scores 2 -1 5: mean 2, squares 0 + 9 + 9, deviation sqrt(18 / 2) = 3
    EXPECT_THAT(aha::group_relative{{.epsilon = 0}}(std::vector<score>{2, -1, 5}),
                Pointwise(DoubleNear(1e-12), {0.0, -1.0, 1.0}));
    EXPECT_THAT(aha::group_relative{{.epsilon = 1}}(std::vector<score>{2, -1, 5}),
                Pointwise(DoubleNear(1e-12), {0.0, -0.75, 0.75}));
}

TEST(group_relative, equal_scores_give_exactly_zero_whatever_epsilon_is) {
    for (const double epsilon : {0.0, 1e-4})
        for (const double value : {0.1, 0.0, -1e300})
            EXPECT_THAT(aha::group_relative{{.epsilon = epsilon}}(std::vector<score>(7, value)), Each(0.0));
}

TEST(group_relative, scores_that_are_not_applicable_get_zero_and_do_not_count) {
    score odd{1e9};
    odd.applicable = false;
    // the others are 3 and 1: deviation sqrt(2)
    const double a = 1 / (std::sqrt(2.0) + 1e-4);
    EXPECT_THAT(aha::group_relative{}(std::vector<score>{odd, 3, none, 1}),
                Pointwise(DoubleNear(1e-12), {0.0, a, 0.0, -a}));
    EXPECT_THAT(aha::group_relative{}(std::vector<score>{none, 0.1, 0.1, 0.1}), Each(0.0));
}

TEST(group_relative, a_group_with_one_score_or_none_has_nothing_to_compare) {
    for (const double epsilon : {0.0, 1e-4}) {
        const aha::group_relative relative{{.epsilon = epsilon}};
        EXPECT_THAT(relative(std::vector<score>{5}), ElementsAre(0));
        EXPECT_THAT(relative(std::vector<score>{none, 5, none}), ElementsAre(0, 0, 0));
        EXPECT_THAT(relative(std::vector<score>{none, none}), ElementsAre(0, 0));
        EXPECT_THAT(relative({}), IsEmpty());
    }
}

TEST(group_relative, without_epsilon_the_scale_of_scores_does_not_matter) {
    const aha::group_relative relative{{.epsilon = 0}};
    EXPECT_THAT(relative(std::vector<score>{0, 100, 300}),
                Pointwise(DoubleNear(1e-12), relative(std::vector<score>{7, 8, 10})));
}

TEST(group_relative, refuses_an_epsilon_that_makes_no_sense) {
    const auto message = [](double epsilon) -> std::string {
        return aha::test::complaint([&] { aha::group_relative{{.epsilon = epsilon}}; });
    };
    EXPECT_THAT(message(-0.5), HasSubstr("epsilon must be 0 or more, not -0.5"));
    EXPECT_THAT(message(std::nan("")), HasSubstr("epsilon must be 0 or more, not nan"));
}

}  // namespace
