#include <ATen/ATen.h>
#include <array>
#include <gtest/gtest.h>
#include <vector>

#include <aha/testing/laws/language_model_laws.hpp>
#include <aha/testing/register_laws.hpp>
#include <tests/concepts/archetypes.hpp>
#include <tests/support/sinking_attention.hpp>
#include <tests/support/small_decoder.hpp>
#include <tests/laws/mutants.hpp>

namespace aha::testing {
namespace {

template <class Tensor, template <class> class Attention = grouped_query_attention,
          template <class> class FeedForward = gated_feed_forward>
decoder<Tensor, Attention, FeedForward> decoder_of(const char* architecture) {
    decoder_config config;
    config.architecture = architecture;
    config.vocabulary_size = 31;
    config.hidden_size = 16;
    config.intermediate_size = 24;
    config.layers = 2;
    config.heads = 4;
    config.kv_heads = 2;
    config.head_dim = 4;
    config.context = 64;
    config.tie_embeddings = config.architecture == "llama";
    config.attention_bias = config.architecture == "qwen2";
    config.qk_norm = config.architecture == "qwen3";
    decoder<Tensor, Attention, FeedForward> model{config};
    initialize(model, 5, 0.3);
    return model;
}
template <class Tensor>
struct allowing {
    static constexpr double tolerance = 1e-5;
};
template <>
struct allowing<cpu<at::BFloat16>> {
    static constexpr double tolerance = 3e-2;
};
template <class Tensor>
struct llama_case : allowing<Tensor> {
    static auto make() { return decoder_of<Tensor>("llama"); }
};
template <class Tensor>
struct qwen2_case : allowing<Tensor> {
    static auto make() { return decoder_of<Tensor>("qwen2"); }
};
template <class Tensor>
struct qwen3_case : allowing<Tensor> {
    static auto make() { return decoder_of<Tensor>("qwen3"); }
};
template <class Tensor>
struct own_attention_case : allowing<Tensor> {
    static auto make() { return decoder_of<Tensor, test::sinking_attention>("qwen3"); }
};
template <class Tensor>
struct own_blocks_case : allowing<Tensor> {
    static auto make() { return decoder_of<Tensor, test::least_attention, test::least_feed_forward>("llama"); }
};
const std::array registered{
    register_laws("language_model_laws/llama_float", language_model_laws::all<llama_case<cpu<float>>>()),
    register_laws("language_model_laws/qwen2_float", language_model_laws::all<qwen2_case<cpu<float>>>()),
    register_laws("language_model_laws/qwen3_float", language_model_laws::all<qwen3_case<cpu<float>>>()),
    register_laws("language_model_laws/llama_bfloat16", language_model_laws::all<llama_case<cpu<at::BFloat16>>>()),
    register_laws("language_model_laws/qwen2_bfloat16", language_model_laws::all<qwen2_case<cpu<at::BFloat16>>>()),
    register_laws("language_model_laws/qwen3_bfloat16", language_model_laws::all<qwen3_case<cpu<at::BFloat16>>>()),
    register_laws("language_model_laws/own_attention", language_model_laws::all<own_attention_case<cpu<float>>>()),
    register_laws("language_model_laws/own_blocks_float", language_model_laws::all<own_blocks_case<cpu<float>>>()),
    register_laws("language_model_laws/own_blocks_bfloat16",
                  language_model_laws::all<own_blocks_case<cpu<at::BFloat16>>>())};

/// A state is the token's row and half that of the token before it on its path, with a defect each.
enum class defect {
    none,
    one_row_more,
    sees_other_trees,
    sees_other_branches,
    sees_later_tokens,
    keeps_a_weight,
    decodes_otherwise,
    keeps_the_first
};

template <defect Defect>
class pairs {
public:
    using tensor_policy = cpu<float>;
    pairs() : weights_{{{"token", {8, 4}}, {"before", {8, 4}}, {"head", {8, 4}}}, tensor_policy::options()} {
        const at::NoGradGuard no_gradients;
        for (std::size_t i = 0; i < 3; ++i)
            weights_[i].copy_(at::arange(32, at::kFloat).view({8, 4}).mul(static_cast<double>(i + 1)).sin());
    }
    at::Tensor hidden(const packed_trees& row) const {
        const std::int64_t count = row.ids.size(0);
        std::vector<std::int64_t> before(static_cast<std::size_t>(count), -1);  // the row of the token before
        std::vector<std::int64_t> after(static_cast<std::size_t>(count), -1);
        for (const token_tree& tree : row.trees) {
            const auto chain = [&](const segment& s, std::int64_t first) {
                for (std::int64_t t = s.begin; t < s.end(); ++t) before[t] = t == s.begin ? first : t - 1;
                for (std::int64_t t = s.begin; t + 1 < s.end(); ++t) after[t] = t + 1;
            };
            chain(tree.trunk, Defect == defect::sees_other_trees ? tree.trunk.begin - 1 : -1);
            for (const segment& branch : tree.branches)
                chain(branch, Defect == defect::sees_other_branches ? branch.begin - 1 : tree.trunk.end() - 1);
        }
        std::vector<at::Tensor> states;
        for (std::int64_t t = 0; t < count; ++t) {
            at::Tensor state = token(row.ids[t].item<std::int64_t>());
            if (before[t] >= 0) state = state + previous(row.ids[before[t]].item<std::int64_t>());
            if (Defect == defect::sees_later_tokens && after[t] >= 0)
                state = state + 0.1 * token(row.ids[after[t]].item<std::int64_t>());
            states.push_back(state);
        }
        if (Defect == defect::one_row_more) states.push_back(states.back());
        return at::stack(states);
    }
    lm_head head() const { return {weights_[2], weights_[2].detach()}; }
    const parameters& weights() const { return weights_; }
    void refresh() {}
    std::int64_t context() const { return 64; }

    class session {
    public:
        std::int64_t rows() const { return std::ssize(texts_); }
        at::Tensor hidden() const {
            std::vector<at::Tensor> states;
            for (const auto& text : texts_) {
                at::Tensor state = model_->token(text.back());
                if (text.size() > 1 && !(Defect == defect::decodes_otherwise && advanced_))
                    state = state + model_->previous(text[text.size() - 2]);
                states.push_back(state);
            }
            return at::stack(states);
        }
        void advance(std::span<const token_id> ids) {
            for (std::size_t i = 0; i < ids.size(); ++i) texts_[i].push_back(ids[i]);
            advanced_ = !kept_ && texts_.size() == 2;  // not where rows are dropped: one law's matter
        }
        void keep(std::span<const std::int64_t> rows) {
            std::vector<std::vector<token_id>> kept;
            for (std::size_t i = 0; i < rows.size(); ++i)
                kept.push_back(texts_[Defect == defect::keeps_the_first ? i : static_cast<std::size_t>(rows[i])]);
            texts_ = std::move(kept);
            kept_ = true;
        }

    private:
        friend pairs;
        session(const pairs* model, std::vector<std::vector<token_id>> texts)
            : model_{model}, texts_{std::move(texts)} {}
        const pairs* model_;
        std::vector<std::vector<token_id>> texts_;
        bool advanced_ = false, kept_ = false;
    };
    session open_session(std::span<const std::vector<token_id>> prompts, std::int64_t copies) const {
        std::vector<std::vector<token_id>> texts;
        for (const auto& p : prompts) texts.insert(texts.end(), static_cast<std::size_t>(copies), p);
        return {this, std::move(texts)};
    }

private:
    at::Tensor token(std::int64_t id) const { return weights_[0][id]; }
    at::Tensor previous(std::int64_t id) const {
        const at::Tensor row = weights_[1][id];
        return 0.5 * (Defect == defect::keeps_a_weight ? row.detach() : row);
    }
    parameters weights_;
};
template <defect Defect>
struct pairs_case {
    static pairs<Defect> make() { return {}; }
};

TEST(language_model_laws, each_is_needed) {
    namespace laws = language_model_laws;
    for (const law& one : laws::all<pairs_case<defect::none>>()) EXPECT_EQ(one.broken(), "") << one.name;
    test::expect_a_mutant_for_each_law(
        laws::all<pairs_case<defect::none>>(),
        {test::mutant_of("gives_a_state_for_each_token", laws::all<pairs_case<defect::one_row_more>>()),
         test::mutant_of("does_not_see_other_trees", laws::all<pairs_case<defect::sees_other_trees>>()),
         test::mutant_of("does_not_see_other_branches", laws::all<pairs_case<defect::sees_other_branches>>()),
         test::mutant_of("does_not_see_later_tokens", laws::all<pairs_case<defect::sees_later_tokens>>()),
         test::mutant_of("trains_every_weight", laws::all<pairs_case<defect::keeps_a_weight>>()),
         test::mutant_of("decodes_as_it_reads", laws::all<pairs_case<defect::decodes_otherwise>>()),
         test::mutant_of("keeps_what_is_named", laws::all<pairs_case<defect::keeps_the_first>>())});
}

}  // namespace
}  // namespace aha::testing
