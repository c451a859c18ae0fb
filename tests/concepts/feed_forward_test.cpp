#include <aha/concepts/feed_forward.hpp>

#include <array>
#include <gtest/gtest.h>

#include <aha/core/tensor_policy.hpp>
#include <aha/model/feed_forward/gated.hpp>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;

template <class F>
constexpr std::array clauses{feed_forward_has_slots<F>, feed_forward_has_parts<F>,
                             feed_forward_takes_weights<F, cpu<float>>, feed_forward_has_forward<F>};

struct sound {
    sound(const decoder_config&, const weight_store<cpu<float>>&, std::size_t);
    static std::vector<parameters::slot> slots(const decoder_config&, const std::string&);
    static std::vector<weight_part> parts(const decoder_config&, const std::string&);
    at::Tensor forward(const at::Tensor&) const;
};

struct with_slots_of_an_object : sound {
    using sound::sound;
    std::vector<parameters::slot> slots(const decoder_config&, const std::string&) const;
};
struct with_names_as_slots : sound {
    using sound::sound;
    static std::vector<std::string> slots(const decoder_config&, const std::string&);
};
struct with_parts_of_all_layers : sound {
    using sound::sound;
    static std::vector<weight_part> parts(const decoder_config&);
};
struct with_weights_of_its_own : sound {
    explicit with_weights_of_its_own(const decoder_config&);
};
struct that_stays_where_it_is : sound {
    using sound::sound;
    that_stays_where_it_is(that_stays_where_it_is&&) = delete;
};
struct forward_unless_const : sound {
    using sound::sound;
    at::Tensor forward(const at::Tensor&);
};
struct forward_in_place : sound {
    using sound::sound;
    void forward(const at::Tensor&) const;
};

TEST(feed_forward_concept, the_least_type_satisfies_it) {
    static_assert(require_feed_forward_for<test::least_feed_forward<cpu<float>>, cpu<float>>());
    static_assert(feed_forward_for<test::least_feed_forward<cpu<float>>, cpu<float>>);
    static_assert(feed_forward_for<gated_feed_forward<cpu<bfloat16>>, cpu<bfloat16>>);
    static_assert(feed_forward_for<sound, cpu<float>> && !feed_forward_for<sound, cpu<bfloat16>>);

    decoder_config config;
    config.hidden_size = 2;
    using block = test::least_feed_forward<cpu<float>>;
    weight_store<cpu<float>> store{block::slots(config, "model.layers.0.")};
    store.parameters().values().fill_(0.5);
    store.refresh();
    EXPECT_TRUE(block(config, store, 0).forward(at::ones({3, 2})).equal(at::ones({3, 2})));
}

TEST(feed_forward_concept, each_defect_breaks_its_clause_alone) {
    static_assert(!feed_forward_for<with_slots_of_an_object, cpu<float>>);
    static_assert(clauses<with_slots_of_an_object> == std::array{false, true, true, true});
    static_assert(!feed_forward_for<with_names_as_slots, cpu<float>>);
    static_assert(clauses<with_names_as_slots> == std::array{false, true, true, true});
    static_assert(!feed_forward_for<with_parts_of_all_layers, cpu<float>>);
    static_assert(clauses<with_parts_of_all_layers> == std::array{true, false, true, true});
    static_assert(!feed_forward_for<with_weights_of_its_own, cpu<float>>);
    static_assert(clauses<with_weights_of_its_own> == std::array{true, true, false, true});
    static_assert(!feed_forward_for<that_stays_where_it_is, cpu<float>>);
    static_assert(clauses<that_stays_where_it_is> == std::array{true, true, false, true});
    static_assert(!feed_forward_for<forward_unless_const, cpu<float>>);
    static_assert(clauses<forward_unless_const> == std::array{true, true, true, false});
    static_assert(!feed_forward_for<forward_in_place, cpu<float>>);
    static_assert(clauses<forward_in_place> == std::array{true, true, true, false});
}

}  // namespace
