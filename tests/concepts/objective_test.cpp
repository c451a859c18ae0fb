#include <cstddef>
#include <gtest/gtest.h>
#include <span>

#include <aha/concepts/objective.hpp>
#include <aha/dist/one_process.hpp>
#include <aha/testing/bandit.hpp>

namespace {

using aha::testing::bandit;
template <class O>
constexpr bool is_objective = aha::objective<O, bandit, aha::one_process>;

/// The least that is an objective.
struct archetype {
    template <class At>
    int next(const At&) {
        return 1;
    }
    template <class Model>
    double accumulate(const Model&, const int&, std::size_t, const aha::microbatch_hook&) {
        return 0;
    }
    aha::metric_list report(const int&, std::span<const double>, const aha::update_record&) const { return {}; }
    aha::state save() const { return {}; }
    void load(const aha::state&) {}
};

struct without_next : archetype {
    void next() {}
};
struct without_accumulate : archetype {
    void accumulate() {}
};
struct sums_that_cannot_be_joined : archetype {
    struct sums {
        double loss;
    };
    template <class Model>
    sums accumulate(const Model&, const int&, std::size_t, const aha::microbatch_hook&) {
        return {0};
    }
    aha::metric_list report(const int&, std::span<const sums>, const aha::update_record&) const { return {}; }
};
struct sums_that_can : archetype {
    struct sums {
        double loss;
        sums joined(const auto&) const { return *this; }
    };
    template <class Model>
    sums accumulate(const Model&, const int&, std::size_t, const aha::microbatch_hook&) {
        return {0};
    }
    aha::metric_list report(const int&, std::span<const sums>, const aha::update_record&) const { return {}; }
};
struct reports_to_a_vector_of_floats : archetype {
    aha::metric_list report(const int&, std::span<const float>, const aha::update_record&) const { return {}; }
};
struct report_that_changes_it : archetype {
    aha::metric_list report(const int&, std::span<const double>, const aha::update_record&) { return {}; }
};
struct without_load : archetype {
    void load() {}
};

TEST(objective_concept, the_least_type_satisfies_it_and_so_do_sums_of_its_own) {
    static_assert(aha::require_objective<archetype, bandit, aha::one_process>() && is_objective<archetype>);
    static_assert(is_objective<sums_that_can>);
}

TEST(objective_concept, one_defect_breaks_it) {
    static_assert(!is_objective<without_next>);
    static_assert(!is_objective<without_accumulate>);
    static_assert(!is_objective<sums_that_cannot_be_joined>);
    static_assert(!is_objective<reports_to_a_vector_of_floats>);
    static_assert(!is_objective<report_that_changes_it>);
    static_assert(!is_objective<without_load>);
}

TEST(objective_concept, a_defect_breaks_its_own_clause_alone) {
    using ranks = aha::one_process;
    static_assert(aha::objective_has_next<without_accumulate, bandit, ranks> &&
                  !aha::objective_has_accumulate<without_accumulate, bandit, ranks>);
    static_assert(aha::objective_has_accumulate<sums_that_cannot_be_joined, bandit, ranks> &&
                  !aha::objective_sums_can_be_joined<sums_that_cannot_be_joined, bandit, ranks>);
    static_assert(aha::objective_sums_can_be_joined<report_that_changes_it, bandit, ranks> &&
                  !aha::objective_has_report<report_that_changes_it, bandit, ranks>);
}

}  // namespace
