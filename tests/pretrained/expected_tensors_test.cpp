#include <aha/pretrained/expected_tensors.hpp>

#include <ATen/ATen.h>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include <aha/pretrained/pretrained_reward_model.hpp>
#include <aha/testing/symbol_tokenizer.hpp>
#include <tests/concepts/archetypes.hpp>
#include <tests/support/complaint.hpp>
#include <tests/support/made_folder.hpp>
#include <tests/support/sinking_attention.hpp>
#include <tests/support/small_decoder.hpp>

#include "files_support.hpp"

namespace {

using namespace files_support;
using aha::cpu;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

using sinking = aha::decoder<cpu<float>, aha::test::sinking_attention>;
using least = aha::decoder<cpu<float>, aha::test::least_attention, aha::test::least_feed_forward>;

/// With weights that are all different.
template <class Model>
Model made(const aha::decoder_config& config) {
    Model model{config};
    const at::Tensor& values = model.weights().values();
    values.copy_(at::arange(values.numel()).remainder(251).div(1000));
    model.refresh();
    return model;
}

aha::decoder_config untied() {
    aha::decoder_config config = aha::test::small_config();
    config.tie_embeddings = false;
    return config;
}

template <class Model>
aha::pretrained<Model, aha::testing::symbol_tokenizer> to_be_saved(Model model) {
    return {std::move(model), aha::testing::symbol_tokenizer{{"a", "b"}}, std::nullopt};
}

aha::packed_trees a_text() {
    const std::vector<aha::token_id> ids{1, 2, 3, 4, 5};
    const std::vector<aha::text_group> groups{{ids}};
    return aha::pack_texts(groups).batch;
}

/// Bit for bit.
void expect_equal(const aha::parameters& loaded, const aha::parameters& saved) {
    for (std::size_t i = 0; i < loaded.size(); ++i)
        EXPECT_TRUE(loaded[i].equal(saved[loaded.at(i).name])) << loaded.at(i).name;
}

/// Parts that leave out some rows, name some twice, or name a parameter that is not there.
template <class Tensor>
struct forgetful : aha::gated_feed_forward<Tensor> {
    using aha::gated_feed_forward<Tensor>::gated_feed_forward;
    static std::vector<aha::weight_part> parts(const aha::decoder_config& c, const std::string& layer) {
        std::vector<aha::weight_part> all = aha::gated_feed_forward<Tensor>::parts(c, layer);
        std::erase_if(all, [](const aha::weight_part& part) { return part.name.ends_with("up_proj.weight"); });
        return all;
    }
};
template <class Tensor>
struct repeating : aha::gated_feed_forward<Tensor> {
    using aha::gated_feed_forward<Tensor>::gated_feed_forward;
    static std::vector<aha::weight_part> parts(const aha::decoder_config& c, const std::string& layer) {
        std::vector<aha::weight_part> all = aha::gated_feed_forward<Tensor>::parts(c, layer);
        all.push_back(all.back());
        return all;
    }
};
template <class Tensor>
struct misspelt : aha::gated_feed_forward<Tensor> {
    using aha::gated_feed_forward<Tensor>::gated_feed_forward;
    static std::vector<aha::weight_part> parts(const aha::decoder_config& c, const std::string& layer) {
        std::vector<aha::weight_part> all = aha::gated_feed_forward<Tensor>::parts(c, layer);
        all.back().slot = layer + "mlp.dwon_proj.weight";
        return all;
    }
};

TEST(expected_tensors, are_those_of_the_models_blocks) {
    aha::decoder_config config = aha::test::small_config();
    config.layers = 1;
    EXPECT_THAT(aha::expected_tensors<least>(config),
                ElementsAre(Pair("model.embed_tokens.weight", ElementsAre(31, 16)),
                            Pair("model.layers.0.input_layernorm.weight", ElementsAre(16)),
                            Pair("model.layers.0.post_attention_layernorm.weight", ElementsAre(16)),
                            Pair("model.layers.0.self_attn.scale", ElementsAre(16)),
                            Pair("model.layers.0.mlp.weight", ElementsAre(16, 16)),
                            Pair("model.norm.weight", ElementsAre(16))));
    const auto own = aha::expected_tensors<sinking>(config), usual = aha::expected_tensors<aha::decoder<>>(config);
    EXPECT_EQ(own.size(), usual.size() + 1);
    EXPECT_THAT(own, Contains(Pair("model.layers.0.self_attn.sink", ElementsAre(4))));
    EXPECT_THAT(usual, Contains(Pair("model.layers.0.self_attn.k_proj.weight", ElementsAre(8, 16))));
    EXPECT_THAT(usual, Contains(Pair("model.layers.0.self_attn.v_proj.bias", ElementsAre(8))));
}

TEST(expected_tensors, have_one_head_of_three_kinds) {
    const auto of = [](bool tied, bool scored) {
        aha::decoder_config config = aha::test::small_config();
        config.tie_embeddings = tied;
        config.has_score_head = scored;
        return aha::expected_tensors<aha::decoder<>>(config);
    };
    const auto lm = Contains(Pair("lm_head.weight", ElementsAre(31, 16)));
    const auto score = Contains(Pair("score.weight", ElementsAre(1, 16)));
    for (const bool tied : {false, true}) {
        EXPECT_THAT(of(tied, true), Not(lm));
        EXPECT_THAT(of(tied, true), score);
        EXPECT_THAT(of(tied, false), Not(score));
    }
    EXPECT_THAT(of(false, false), lm);
    EXPECT_THAT(of(true, false), Not(lm));
}

TEST(expected_tensors, make_up_every_parameter_once) {
    const auto error = []<class Model>(Model*) {
        return aha::test::complaint([] { aha::expected_tensors<Model>(aha::test::small_config()); });
    };
    aha::decoder<cpu<float>, aha::grouped_query_attention, forgetful>* some = nullptr;
    aha::decoder<cpu<float>, aha::grouped_query_attention, repeating>* twice = nullptr;
    aha::decoder<cpu<float>, aha::grouped_query_attention, misspelt>* elsewhere = nullptr;
    EXPECT_THAT(error(some), HasSubstr("mlp.gate_up_proj.weight\" do not make up its rows, each once"));
    EXPECT_THAT(error(twice), HasSubstr("mlp.down_proj.weight\" do not make up its rows, each once"));
    EXPECT_THAT(error(elsewhere), HasSubstr("the model has no parameter \"model.layers.0.mlp.dwon_proj.weight\""));
}

TEST(expected_tensors, of_a_users_attention_are_saved_and_loaded_bit_for_bit) {
    const aha::test::made_folder folder;
    const auto place = folder / "model";
    for (const aha::decoder_config& config : {aha::test::small_config(), untied()}) {
        const auto saved = to_be_saved(made<sinking>(config));
        aha::save_pretrained(saved, place);
        const auto again = aha::load_bare_decoder<cpu<float>, aha::test::sinking_attention>(place);
        expect_equal(again.weights(), saved.model.weights());
        EXPECT_GT(again.weights()["model.layers.1.self_attn.sink"].detach().abs().min().item<float>(), 0);
        EXPECT_TRUE(again.hidden(a_text()).equal(saved.model.hidden(a_text())));
        const aha::weight_source source{place};  // a decoder of the usual kind passes it over
        EXPECT_THAT(source.notes(), ElementsAre(HasSubstr("no place for \"model.layers.0.self_attn.sink\"")));
    }
}

TEST(expected_tensors, of_other_blocks_altogether_are_saved_and_loaded) {
    const aha::test::made_folder folder;
    const auto saved = to_be_saved(made<least>(untied()));
    aha::save_pretrained(saved, folder / "model");
    const auto again =
        aha::load_bare_decoder<cpu<float>, aha::test::least_attention, aha::test::least_feed_forward>(folder / "model");
    expect_equal(again.weights(), saved.model.weights());
    EXPECT_THAT(aha::test::complaint([&] { aha::load_bare_decoder<>(folder / "model"); }),
                HasSubstr("self_attn.o_proj.weight\" is missing"));
}

TEST(expected_tensors, of_a_users_attention_are_missed_by_name) {
    const aha::test::made_folder folder;
    const auto place = folder / "model";
    aha::save_pretrained(to_be_saved(made<aha::decoder<>>(untied())), place);
    const auto error = [&] {
        return aha::test::complaint([&] { aha::load_bare_decoder<cpu<float>, aha::test::sinking_attention>(place); });
    };
    EXPECT_EQ(error(), place.string() + ": tensor \"model.layers.0.self_attn.sink\" is missing");

    aha::pretrained_model model{.config = untied(), .tensors = {}, .layout = aha::expected_tensors<sinking>};
    for (const auto& [name, shape] : aha::expected_tensors<sinking>(untied()))
        model.tensors.emplace_back(name, at::zeros(shape));
    const auto wrong = [&](const char* sink, std::int64_t extent) {
        aha::pretrained_model changed = model;
        for (auto& [name, tensor] : changed.tensors)
            if (name == sink) tensor = at::zeros({extent});
        return aha::test::complaint([&] { aha::write_pretrained(place, changed); });
    };
    EXPECT_EQ(wrong("model.layers.1.self_attn.sink", 4), "no complaint");
    EXPECT_EQ(error(), "no complaint");
    EXPECT_THAT(wrong("model.layers.1.self_attn.sink", 5),
                HasSubstr("tensor \"model.layers.1.self_attn.sink\" has the shape [5], not [4]"));
    model.layout = aha::expected_tensors<aha::decoder<>>;
    EXPECT_THAT(wrong("", 0), HasSubstr("no place for tensor \"model.layers.0.self_attn.sink\""));
}

TEST(expected_tensors, of_a_users_reward_model_are_saved_and_loaded_bit_for_bit) {
    const aha::test::made_folder folder;
    const auto place = folder / "model";
    for (const aha::decoder_config& config : {aha::test::small_config(), untied()}) {
        aha::reward_model<sinking> model{made<sinking>(config)};
        model.head().weights().values().fill_(0.5);
        const auto saved = to_be_saved(std::move(model));
        aha::save_pretrained(saved, place);
        const auto again = aha::load_bare_reward_model<cpu<float>, aha::test::sinking_attention>(place);
        expect_equal(again.body().weights(), saved.model.body().weights());
        EXPECT_TRUE(again.head().weights().values().equal(saved.model.head().weights().values()));
    }
    const aha::weight_source source{place, {}, aha::expected_tensors<sinking>};
    EXPECT_THAT(source.names(), Contains("model.layers.1.self_attn.sink"));
    EXPECT_THAT(source.names(), Contains("score.weight"));
    EXPECT_THAT(source.names(), Not(Contains("lm_head.weight")));
}

}  // namespace
