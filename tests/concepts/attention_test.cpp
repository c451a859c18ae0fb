#include <aha/concepts/attention.hpp>

#include <array>
#include <gtest/gtest.h>

#include <aha/concepts/decoding_model.hpp>
#include <aha/model/decoder.hpp>
#include <tests/support/small_decoder.hpp>

#include "tests/concepts/archetypes.hpp"

namespace {

using namespace aha;
using least_decoder = decoder<cpu<float>, test::least_attention, test::least_feed_forward>;

template <class A>
constexpr std::array clauses{attention_has_slots<A>,   attention_has_parts<A>, attention_takes_weights<A, cpu<float>>,
                             attention_has_forward<A>, attention_has_cache<A>, attention_cache_releases<A>,
                             attention_prefills<A>,    attention_reserves<A>,  attention_decodes<A>};

/// All clauses hold but the one with this number.
constexpr std::array<bool, 9> all_but(std::size_t one) {
    std::array<bool, 9> held{true, true, true, true, true, true, true, true, true};
    held.at(one) = false;
    return held;
}

struct releasing {
    void release_unused(const decode_batch&);
};

template <class Cache>
struct without_a_cache {
    without_a_cache(const decoder_config&, const weight_store<cpu<float>>&, std::size_t);
    static std::vector<parameters::slot> slots(const decoder_config&, const std::string&);
    static std::vector<weight_part> parts(const decoder_config&, const std::string&);
    at::Tensor forward(const at::Tensor&, const packed_trees&, const rotary_table&) const;
    at::Tensor prefill(const at::Tensor&, const packed_prompts&, const rotary_table&, Cache&) const;
    void reserve(Cache&, std::int64_t, std::int64_t) const;
    at::Tensor decode(const at::Tensor&, const decode_batch&, const rotary_table&, Cache&) const;
};

template <class Cache>
struct attention_of : without_a_cache<Cache> {
    using without_a_cache<Cache>::without_a_cache;
    using cache = Cache;
};
using sound = attention_of<releasing>;

struct with_slots_of_an_object : sound {
    using sound::sound;
    std::vector<parameters::slot> slots(const decoder_config&, const std::string&) const;
};
struct with_parts_of_all_layers : sound {
    using sound::sound;
    static std::vector<weight_part> parts(const decoder_config&);
};
struct with_names_as_parts : sound {
    using sound::sound;
    static std::vector<std::string> parts(const decoder_config&, const std::string&);
};
struct with_weights_of_its_own : sound {
    explicit with_weights_of_its_own(const decoder_config&);
};
struct for_another_tensor_policy : sound {
    for_another_tensor_policy(const decoder_config&, const weight_store<cpu<bfloat16>>&, std::size_t);
};
struct that_stays_where_it_is : sound {
    using sound::sound;
    that_stays_where_it_is(that_stays_where_it_is&&) = delete;
};
struct without_angles : sound {
    using sound::sound;
    at::Tensor forward(const at::Tensor&, const packed_trees&) const;
};
struct forward_unless_const : sound {
    using sound::sound;
    at::Tensor forward(const at::Tensor&, const packed_trees&, const rotary_table&);
};
struct cache_of_a_size : releasing {
    explicit cache_of_a_size(std::int64_t);
};
struct cache_that_keeps_everything {};
struct prefill_of_trees : sound {
    using sound::sound;
    at::Tensor prefill(const at::Tensor&, const packed_trees&, const rotary_table&, cache&) const;
};
struct reserving_unless_const : sound {
    using sound::sound;
    void reserve(cache&, std::int64_t, std::int64_t);
};
struct decoding_into_an_argument : sound {
    using sound::sound;
    void decode(const at::Tensor&, const decode_batch&, const rotary_table&, cache&) const;
};

/// Not required, but once there it must be whole.
struct decoding_in_place : sound {
    using sound::decode, sound::prefill, sound::sound;
    at::Tensor prefill(const at::Tensor&, const packed_prompts&, const rotary_table&, const static_cache&,
                       std::int64_t) const;
    at::Tensor decode(const at::Tensor&, const static_rows&, const rotary_table&, const static_cache&) const;
};
struct prefilling_in_place : sound {
    using sound::prefill, sound::sound;
    at::Tensor prefill(const at::Tensor&, const packed_prompts&, const rotary_table&, const static_cache&,
                       std::int64_t) const;
};

TEST(attention_concept, the_least_type_satisfies_it) {
    static_assert(require_attention_for<test::least_attention<cpu<float>>, cpu<float>>());
    static_assert(attention_for<test::least_attention<cpu<float>>, cpu<float>> && attention_for<sound, cpu<float>>);
    static_assert(attention_for<grouped_query_attention<cpu<bfloat16>>, cpu<bfloat16>>);

    decoder_config config = test::small_config();
    config.attention_bias = false;
    least_decoder model{config};
    initialize(model, 3, 0.3);
    EXPECT_EQ(model.weights().at(3).name, "model.layers.0.self_attn.scale");
    const std::vector<std::vector<token_id>> prompts{{1, 2}, {3}};
    auto session = model.open_session(prompts, 2);
    session.advance(std::vector<token_id>{4, 5, 6, 7});
    session.keep(std::vector<std::int64_t>{1, 2});
    EXPECT_EQ(session.hidden().sizes(), (std::vector<std::int64_t>{2, 16}));
}

TEST(attention_concept, each_defect_breaks_its_clause_alone) {
    static_assert(clauses<with_slots_of_an_object> == all_but(0));
    static_assert(clauses<with_parts_of_all_layers> == all_but(1));
    static_assert(clauses<with_names_as_parts> == all_but(1));
    static_assert(clauses<with_weights_of_its_own> == all_but(2));
    static_assert(clauses<for_another_tensor_policy> == all_but(2));
    static_assert(clauses<that_stays_where_it_is> == all_but(2));
    static_assert(clauses<without_angles> == all_but(3));
    static_assert(clauses<forward_unless_const> == all_but(3));
    static_assert(clauses<without_a_cache<releasing>> == all_but(4));
    static_assert(clauses<attention_of<cache_of_a_size>> == all_but(4));
    static_assert(clauses<attention_of<cache_that_keeps_everything>> == all_but(5));
    static_assert(clauses<prefill_of_trees> == all_but(6));
    static_assert(clauses<reserving_unless_const> == all_but(7));
    static_assert(clauses<decoding_into_an_argument> == all_but(8));
    static_assert(!attention_for<with_names_as_parts, cpu<float>> && !attention_for<prefill_of_trees, cpu<float>>);
    static_assert(!attention_for<sound, cpu<bfloat16>>);
}

TEST(attention_concept, static_decoding_is_not_required) {
    static_assert(!attention_decodes_in_place<sound> && !attention_decodes_in_place<prefilling_in_place>);
    static_assert(attention_decodes_in_place<decoding_in_place> && attention_for<decoding_in_place, cpu<float>>);
    static_assert(decoding_model<least_decoder> && !draws_tokens_itself<least_decoder>);
    static_assert(draws_tokens_itself<decoder<>>);
}

}  // namespace
