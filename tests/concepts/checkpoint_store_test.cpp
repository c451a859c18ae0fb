#include <aha/concepts/checkpoint_store.hpp>

#include <array>
#include <gtest/gtest.h>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class S>
constexpr std::array clauses{store_saves<S>, store_loads_latest<S>};

struct sound {
    void save(std::int64_t, const state&) const;
    std::optional<std::pair<std::int64_t, state>> load_latest() const;
};

struct saving_without_a_step : sound {
    void save(const state&);
};
struct saving_for_change : sound {
    void save(std::int64_t, state&);
};
struct loading_always : sound {
    std::pair<std::int64_t, state> load_latest() const;
};
struct loading_without_the_step : sound {
    std::optional<state> load_latest() const;
};
struct loading_a_named_step : sound {
    std::optional<std::pair<std::int64_t, state>> load_latest(std::int64_t) const;
};

TEST(checkpoint_store_concept, the_least_type_satisfies_it) {
    static_assert(require_checkpoint_store<test::least_checkpoint_store>());
    static_assert(checkpoint_store<test::least_checkpoint_store>);
    static_assert(checkpoint_store<sound> && checkpoint_store<const sound>);
    test::least_checkpoint_store store{test::made};
    EXPECT_FALSE(store.load_latest());
    store.save(20, {});
    store.save(10, {});
    EXPECT_EQ(store.load_latest()->first, 20);
}

TEST(checkpoint_store_concept, each_defect_breaks_its_clause_alone) {
    static_assert(!checkpoint_store<saving_without_a_step>);
    static_assert(clauses<saving_without_a_step> == std::array{false, true});
    static_assert(!checkpoint_store<saving_for_change> && clauses<saving_for_change> == std::array{false, true});
    static_assert(!checkpoint_store<loading_always> && clauses<loading_always> == std::array{true, false});
    static_assert(!checkpoint_store<loading_without_the_step>);
    static_assert(clauses<loading_without_the_step> == std::array{true, false});
    static_assert(!checkpoint_store<loading_a_named_step>);
    static_assert(clauses<loading_a_named_step> == std::array{true, false});
}

}  // namespace
