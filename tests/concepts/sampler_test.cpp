#include <aha/concepts/sampler.hpp>

#include <array>
#include <gtest/gtest.h>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

struct a_model {};

template <class S>
constexpr std::array clauses{sampler_is_callable<S, a_model>, sampler_gives_groups<S, a_model>};

struct for_any_model {
    template <class Model>
    std::vector<rollout_group> sample(const Model&, std::span<const prompt>, std::int64_t, const random_key&) const;
};

struct sampling_one_prompt {
    std::vector<rollout_group> sample(const a_model&, const prompt&, std::int64_t, const random_key&);
};
struct wanting_to_change_the_model {
    std::vector<rollout_group> sample(a_model&, std::span<const prompt>, std::int64_t, const random_key&);
};
struct without_a_group_size {
    std::vector<rollout_group> sample(const a_model&, std::span<const prompt>, const random_key&);
};
struct with_a_seed_only {
    std::vector<rollout_group> sample(const a_model&, std::span<const prompt>, std::int64_t, std::uint64_t);
};
struct giving_completions {
    std::vector<completion> sample(const a_model&, std::span<const prompt>, std::int64_t, const random_key&);
};
struct giving_nothing {
    void sample(const a_model&, std::span<const prompt>, std::int64_t, const random_key&);
};

TEST(sampler_concept, the_least_type_satisfies_it_for_its_model) {
    static_assert(require_sampler_for<test::least_sampler, test::least_model>());
    static_assert(sampler_for<test::least_sampler, test::least_model>);
    static_assert(sampler_for<test::least_sampler, test::least_decoding_model>);
    static_assert(!sampler_for<test::least_sampler, a_model>);
    static_assert(sampler_for<for_any_model, a_model> && sampler_for<const for_any_model, test::least_model>);

    const test::least_model model{test::made};
    test::least_sampler sampler{test::made};
    const std::vector<prompt> prompts(2);
    const auto groups = sampler.sample(model, prompts, 3, {});
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups[1].completions.at(2).log_probs.size(), groups[1].completions.at(2).ids.size());
}

TEST(sampler_concept, each_defect_breaks_its_clause_alone) {
    static_assert(!sampler_for<sampling_one_prompt, a_model>);
    static_assert(clauses<sampling_one_prompt> == std::array{false, false});
    static_assert(!sampler_for<wanting_to_change_the_model, a_model>);
    static_assert(clauses<wanting_to_change_the_model> == std::array{false, false});
    static_assert(!sampler_for<without_a_group_size, a_model>);
    static_assert(clauses<without_a_group_size> == std::array{false, false});
    static_assert(!sampler_for<with_a_seed_only, a_model>);
    static_assert(clauses<with_a_seed_only> == std::array{false, false});
    static_assert(!sampler_for<giving_completions, a_model>);
    static_assert(clauses<giving_completions> == std::array{true, false});
    static_assert(!sampler_for<giving_nothing, a_model>);
    static_assert(clauses<giving_nothing> == std::array{true, false});
}

}  // namespace
