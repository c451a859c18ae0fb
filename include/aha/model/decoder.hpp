#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/from_blob.h>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/attention.hpp>
#include <aha/concepts/feed_forward.hpp>
#include <aha/core/kernels_namespace.hpp>
#include <aha/core/lm_head.hpp>
#include <aha/core/packed.hpp>
#include <aha/core/parameters.hpp>
#include <aha/core/tensor_policy.hpp>
#include <aha/core/token_id.hpp>
#include <aha/model/attention/grouped_query.hpp>
#include <aha/model/decode_session.hpp>
#include <aha/model/decoder_config.hpp>
#include <aha/model/feed_forward/gated.hpp>
#include <aha/model/ops/backward_mark.hpp>
#include <aha/model/ops/checkpointed.hpp>
#include <aha/model/ops/embedding.hpp>
#include <aha/model/ops/long_texts.hpp>
#include <aha/model/ops/residual_norm.hpp>
#include <aha/model/ops/rms_norm.hpp>
#include <aha/model/ops/rotary.hpp>
#include <aha/model/ops/rotary_scaling.hpp>
#include <aha/model/static_session.hpp>
#include <aha/model/weight_store.hpp>

namespace aha::inline AHA_KERNELS_NAMESPACE {

/// A decoder-only transformer assembled from policies: Llama, Qwen2 and Qwen3 are made of the defaults, chosen by
/// the configuration. It returns hidden states, never logits; `lm_head` and the losses do the rest in chunks. The same
/// weights train and decode.
/// @tparam Tensor device and types: `cpu<float>`, `cpu<bfloat16>`, `cuda<bfloat16>`
/// @tparam Attention its attention block, see `attention_for`
/// @tparam FeedForward its feed-forward block, see `feed_forward_for`
template <class Tensor = cpu<float>, template <class> class Attention = grouped_query_attention,
          template <class> class FeedForward = gated_feed_forward>
class decoder {
    static_assert(require_attention_for<Attention<Tensor>, Tensor>());
    static_assert(require_feed_forward_for<FeedForward<Tensor>, Tensor>());

public:
    using tensor_policy = Tensor;
    using attention = Attention<Tensor>;                   ///< How tokens look at one another.
    using session = decode_session<decoder>;               ///< A batch of completions being decoded.
    using drawing_session = aha::static_session<decoder>;  ///< The same where the model draws the tokens.

    /// All weights zero; see `load_decoder` and `initialize`.
    explicit decoder(decoder_config config)
        : config_{std::move(config)},
          store_{slots(config_)},
          rotary_{config_.rotary(), config_.usable_context(), Tensor::options()} {
        std::size_t next = 1;
        for (std::int64_t n = 0; n < config_.layers; ++n) {
            const std::string prefix = layer_prefix(n);
            const std::size_t attention_at = next + 2;
            const std::size_t feed_forward_at = attention_at + attention::slots(config_, prefix).size();
            layers_.push_back({store_.leaf(next), store_.leaf(next + 1), attention{config_, store_, attention_at},
                               FeedForward<Tensor>{config_, store_, feed_forward_at}, next});
            next = feed_forward_at + FeedForward<Tensor>::slots(config_, prefix).size();
        }
        norm_slot_ = next;
        norm_ = store_.leaf(next);
        head_ = store_.view_of_head(config_.tie_embeddings ? 0 : next + 1);
    }

    decoder(decoder&&) noexcept = default;
    decoder& operator=(decoder&&) noexcept = default;

    /// A model of its own with the same weights. Copying is never implicit: tensors share memory when copied.
    decoder clone() const {
        decoder twin{config_};
        if (is_sharded()) twin.shard(store_.shards()->ranks());
        twin.weights().values().copy_(weights().values());
        twin.refresh();
        return twin;
    }

    /// Its sizes and variants.
    const decoder_config& config() const { return config_; }
    const parameters& weights() const { return store_.parameters(); }

    /// Must be called after `weights()` changed (an optimizer step, a load).
    void refresh() { store_.refresh(); }

    /// The parameters that `weights()` has, unless it is sharded, in order.
    static std::vector<parameters::slot> slots(const decoder_config& c) {
        std::vector<parameters::slot> all{{embedding_name, {c.vocabulary_size, c.hidden_size}}};
        for (std::int64_t n = 0; n < c.layers; ++n) {
            const std::string prefix = layer_prefix(n);
            all.push_back({prefix + "input_layernorm.weight", {c.hidden_size}, false});
            all.push_back({prefix + "post_attention_layernorm.weight", {c.hidden_size}, false});
            for (const parameters::slot& s : attention::slots(c, prefix)) all.push_back(s);
            for (const parameters::slot& s : FeedForward<Tensor>::slots(c, prefix)) all.push_back(s);
        }
        all.push_back({norm_name, {c.hidden_size}, false});
        if (!c.tie_embeddings) all.push_back({head_name, {c.vocabulary_size, c.hidden_size}});
        return all;
    }

    /// How the tensors of a Hugging Face folder make up `weights()`.
    static std::vector<weight_part> parts(const decoder_config& c) {
        std::vector<weight_part> all{{embedding_name, embedding_name, 0, c.vocabulary_size}};
        for (std::int64_t n = 0; n < c.layers; ++n) {
            const std::string prefix = layer_prefix(n);
            for (const char* norm : {"input_layernorm.weight", "post_attention_layernorm.weight"})
                all.push_back({prefix + norm, prefix + norm, 0, c.hidden_size});
            for (const weight_part& part : attention::parts(c, prefix)) all.push_back(part);
            for (const weight_part& part : FeedForward<Tensor>::parts(c, prefix)) all.push_back(part);
        }
        all.push_back({norm_name, norm_name, 0, c.hidden_size});
        if (!c.tie_embeddings) all.push_back({head_name, head_name, 0, c.vocabulary_size});
        return all;
    }

    /// With `on`, the backward pass of `hidden` computes each layer again from its input instead of keeping what is
    /// inside: the memory of one layer at a time, for a third more arithmetic. Results are the same, bit for bit.
    void checkpoint_activations(bool on) { checkpoint_ = on; }

    /// Spreads the weights over ranks, for models whose float32 weights, gradients and optimizer do not fit on one: see
    /// `weight_shards`. All ranks hold the same weights before; `weights()` is this rank's share after. From then on
    /// `refresh`, `clone` and `whole_weights` are called by all ranks together, and backward passes are opened and
    /// closed (`gradient_reduction` does so).
    void shard(shard_collectives ranks) {
        std::vector<std::vector<std::size_t>> units;
        std::vector<bool> in_float(weights().size());
        in_float[0] = true;
        for (std::size_t i = 0; i < weights().size(); ++i)
            if (weights().at(i).shape.size() == 1) in_float[i] = true;
        for (std::size_t n = 0; n < layers_.size(); ++n) {
            const std::size_t end = n + 1 < layers_.size() ? layers_[n + 1].first : norm_slot_;
            std::vector<std::size_t>& unit = units.emplace_back();
            for (std::size_t i = layers_[n].first + 2; i < end; ++i) unit.push_back(i);  // after its norms
        }
        store_.shard(units, in_float, std::move(ranks));
    }
    bool is_sharded() const { return store_.shards() != nullptr; }  ///< See `shard`.

    /// A sharded model's backward pass is about to begin.
    void begin_backward() { store_.shards()->open(layers_.size() - 1); }
    /// It has ended.
    void end_backward() { store_.shards()->close(0); }
    /// This rank has nothing to compute while others go through a backward pass.
    void idle_backward() {
        for (std::size_t n = layers_.size(); n > 0; --n) store_.shards()->open(n - 1), store_.shards()->close(n - 1);
    }
    /// All backward passes of a step have ended: the share's gradients are the sums over ranks.
    void finish_gradients() { store_.shards()->finish_gradients(); }
    /// All gradients are zero, also those that are not in `weights()`.
    void zero_gradients() {
        if (is_sharded()) store_.shards()->zero_gradients();
        else weights().zero_gradients();
    }

    /// What is laid out as this rank's `weights()`, made whole on the CPU, in the layout of a model that is not shared
    /// out.
    at::Tensor whole(const at::Tensor& share) const { return store_.shards()->whole(share); }
    /// The weights with their shapes, made whole on the CPU.
    parameters whole_weights() const {
        parameters all{slots(config_), at::TensorOptions{}.dtype(Tensor::parameter_type)};
        const at::NoGradGuard no_gradients;
        all.values().copy_(whole(weights().values()));
        return all;
    }
    /// This rank's part of what is laid out as a model that is not sharded.
    at::Tensor shard_of(const at::Tensor& all) const { return store_.shards()->shard_of(all); }

    /// From now on `reached(offset)` is called in the backward pass of `hidden` when the gradients from `offset` of
    /// `weights()` on are final, but for those of a head that is also the embedding; an empty one ends it. It holds for
    /// what is computed forward from now on.
    void on_gradients_ready(std::function<void(std::int64_t)> reached) { reached_ = std::move(reached); }

    /// The offsets that `on_gradients_ready` tells, in the order of the backward pass.
    std::vector<std::int64_t> gradient_buckets() const {
        std::vector<std::int64_t> offsets;
        if (is_sharded()) return offsets;
        for (std::size_t n = layers_.size() - 1; n > 0; --n) offsets.push_back(first_final(n));
        return offsets;
    }

    /// Final hidden states of packed trees, differentiable. A text may have up to `config().longest_text()` tokens; one
    /// that is over `context()` because its angles depend on its length is a tree of its own.
    /// @return [T, D] compute type
    at::Tensor hidden(const packed_trees& batch) const {
        // A checkpoint reads it in the backward pass.
        const auto held = std::make_shared<const placed_trees>(placed(batch, config_.rotary(), rotary_, *long_tables_));
        return run(batch.ids, [held](const attention& block, std::size_t, const at::Tensor& x) {
            return block.forward(x, held->batch, held->table);
        });
    }

    /// The matrix that turns hidden states into logits; with tied embeddings the embedding table itself.
    lm_head head() const { return {head_.leaf, head_.compute, *head_.blocked}; }

    /// Most tokens of a prompt and its completion together.
    std::int64_t context() const { return config_.usable_context(); }

    /// Most tokens of a text that may share its beginning with others: the rotary angles of a longer one depend on its
    /// length.
    std::int64_t share_up_to() const {
        return same_angles_up_to(config_.rotary()).value_or(std::numeric_limits<std::int64_t>::max());
    }

    /// Starts decoding: every prompt is computed once, then continued `copies` times.
    session open_session(std::span<const std::vector<token_id>> prompts, std::int64_t copies) const {
        return session{*this, prompts, copies};
    }

    /// Whether `open_static_session` is the faster way to decode: on a GPU, in a program that has its kernels.
    static bool prefers_static_session()
        requires attention_decodes_in_place<attention>
    {
        return has_device_kernels && !Tensor::device().is_cpu();
    }

    /// Begins decoding in memory that stays where it is, tokens drawn where the model is.
    drawing_session open_static_session(sampling_params rule, std::int64_t max_rows) const
        requires attention_decodes_in_place<attention>
    {
        return drawing_session{*this, std::move(rule), max_rows};
    }

private:
    friend drawing_session;  ///< The same where the model draws the tokens.
    friend session;          ///< A batch of completions being decoded.

    struct layer {
        at::Tensor attention_norm;     // [D]
        at::Tensor feed_forward_norm;  // [D]
        decoder::attention attention;
        FeedForward<Tensor> feed_forward;
        std::size_t first;  // its first parameter
    };

    static constexpr const char* embedding_name = "model.embed_tokens.weight";
    static constexpr const char* norm_name = "model.norm.weight";
    static constexpr const char* head_name = "lm_head.weight";

    static std::string layer_prefix(std::int64_t n) { return "model.layers." + std::to_string(n) + "."; }

    /// All layers over a row of tokens; `attend(attention, layer, x)` says how a layer's attention is computed.
    /// @return [T, D] compute type, normalized
    template <class Attend>
    at::Tensor run(const at::Tensor& ids, const Attend& attend) const {
        residual r{aha::embedding(store_.leaf(0), ids), {}};  // [T, D] float32
        r.normalized = rms_norm(r.stream, layers_.front().attention_norm, config_.rms_norm_eps, Tensor::compute_type);
        for (std::size_t n = 0; n < layers_.size(); ++n) {
            if (n > 0 && at::GradMode::is_enabled()) {
                if (is_sharded())
                    r = marked(r, [shards = store_.shards(), n] { shards->close(n), shards->open(n - 1); });
                else if (reached_) r = marked(r, [reached = reached_, offset = first_final(n)] { reached(offset); });
            }
            const auto through = [this, n, attend](const residual& in) { return layer_output(n, attend, in); };
            r = checkpoint_ && at::GradMode::is_enabled() ? checkpointed(through, r) : through(r);
        }
        return r.normalized;
    }

    /// Of a model that is not sharded: where the parameters of layer `n` begin after its first norm, which the layer
    /// before computes.
    std::int64_t first_final(std::size_t n) const { return weights().offset(layers_[n].first + 1); }

    template <class Attend>
    residual layer_output(std::size_t n, const Attend& attend, const residual& in) const {
        const layer& l = layers_[n];
        const at::Tensor& next = n + 1 < layers_.size() ? layers_[n + 1].attention_norm : norm_;
        const residual middle =
            residual_norm(in.stream, attend(l.attention, n, in.normalized), l.feed_forward_norm, config_.rms_norm_eps);
        return residual_norm(middle.stream, l.feed_forward.forward(middle.normalized), next, config_.rms_norm_eps);
    }

    decoder_config config_;
    weight_store<Tensor> store_;
    rotary_table rotary_;
    std::shared_ptr<long_text_tables> long_tables_ = std::make_shared<long_text_tables>();
    std::vector<layer> layers_;
    at::Tensor norm_;  // [D]
    std::size_t norm_slot_ = 0;
    weight_view head_;
    bool checkpoint_ = false;
    std::function<void(std::int64_t)> reached_;
};

}  // namespace aha::inline AHA_KERNELS_NAMESPACE
