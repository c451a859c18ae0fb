#include <aha/concepts/prompt_source.hpp>

#include <array>
#include <gtest/gtest.h>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class T>
constexpr std::array clauses{prompt_source_has_next<T>, saves_state<T>, loads_state<T>};

struct sound {
    std::optional<prompt> next();
    state save() const;
    void load(const state&);
};

struct never_ending : sound {
    prompt next();
};
struct filling_an_argument : sound {
    bool next(prompt&);
};
struct saving_json : sound {
    nlohmann::json save() const;
};
struct saving_unless_const : sound {
    state save();
};
struct loading_a_place : sound {
    void load(int);
};

TEST(prompt_source_concept, the_least_type_satisfies_it) {
    static_assert(require_prompt_source<test::least_prompt_source>() && prompt_source<test::least_prompt_source>);
    static_assert(prompt_source<sound>);
    test::least_prompt_source source{test::made}, later{test::made};
    source.next();
    later.load(source.save());
    EXPECT_EQ(later.next()->index, 1);
}

TEST(prompt_source_concept, each_defect_breaks_its_clause_alone) {
    static_assert(!prompt_source<never_ending>);
    static_assert(clauses<never_ending> == std::array{false, true, true});
    static_assert(!prompt_source<filling_an_argument>);
    static_assert(clauses<filling_an_argument> == std::array{false, true, true});
    static_assert(!prompt_source<saving_json>);
    static_assert(clauses<saving_json> == std::array{true, false, true});
    static_assert(!prompt_source<saving_unless_const>);
    static_assert(clauses<saving_unless_const> == std::array{true, false, true});
    static_assert(!prompt_source<loading_a_place>);
    static_assert(clauses<loading_a_place> == std::array{true, true, false});
}

}  // namespace
