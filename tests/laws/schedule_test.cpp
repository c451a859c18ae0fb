#include <array>
#include <gtest/gtest.h>

#include <aha/optim/schedule.hpp>
#include <aha/testing/laws/schedule_laws.hpp>
#include <aha/testing/register_laws.hpp>
#include <tests/laws/mutants.hpp>

namespace aha::testing {
namespace {

struct constant_case {
    static warmup_schedule make() { return warmup_schedule{}; }
};
struct linear_case {
    static warmup_schedule make() {
        return warmup_schedule{{.warmup_steps = 10, .total_steps = 100, .shape = decay_shape::linear, .floor = 0.1}};
    }
};
struct cosine_case {
    static warmup_schedule make() {
        return warmup_schedule{{.warmup_steps = 3, .total_steps = 50, .shape = decay_shape::cosine}};
    }
};
const std::array registered{register_laws("schedule_laws/constant", schedule_laws::all<constant_case>()),
                            register_laws("schedule_laws/linear", schedule_laws::all<linear_case>()),
                            register_laws("schedule_laws/cosine", schedule_laws::all<cosine_case>())};

struct goes_on_falling {
    static auto make() {
        return [](std::int64_t step) { return 1 - static_cast<double>(step) / 1000; };
    }
};
struct remembers {
    static auto make() {
        return [asked = std::make_shared<int>(0)](std::int64_t) { return 1.0 / ++*asked; };
    }
};
struct never_starts {
    static auto make() {
        return [](std::int64_t) { return 0.0; };
    }
};

TEST(schedule_laws, each_is_needed) {
    test::expect_a_mutant_for_each_law(
        schedule_laws::all<constant_case>(),
        {test::mutant_of("is_finite_and_never_negative", schedule_laws::all<goes_on_falling>()),
         test::mutant_of("depends_on_the_step_alone", schedule_laws::all<remembers>()),
         test::mutant_of("lets_something_move", schedule_laws::all<never_starts>())});
}

}  // namespace
}  // namespace aha::testing
