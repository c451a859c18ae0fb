#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <aha/concepts/communicator.hpp>
#include <aha/core/error.hpp>
#include <aha/core/tensor_policy.hpp>
#include <aha/core/token_id.hpp>
#include <aha/model/decoder.hpp>
#include <aha/pretrained/pretrained_writer.hpp>
#include <aha/pretrained/weights.hpp>
#include <aha/model/reward_model.hpp>
#include <aha/model/scalar_head.hpp>
#include <aha/pretrained/pretrained.hpp>

/// Reward models on disk: Hugging Face folders with a `score.weight` in place of an LM head, which transformers calls
/// sequence classifiers with one label.
namespace aha {

/// How a reward model is loaded.
struct reward_model_options {
    bool fresh_head =
        false;  ///< take a language model too, without its LM head and with a head of zeros, to be trained
};

namespace detail {

template <class Model>
reward_model<Model> reward_model_from(const weight_source& source, const reward_model_options& options) {
    decoder_config config = source.config();
    require(config.has_score_head || options.fresh_head, source.path(),
            " is a language model, not a reward model (it has no ", scalar_head::name,
            "); the option fresh_head gives it a head of zeros, to be trained");
    const bool scored = std::exchange(config.has_score_head, false);
    config.tie_embeddings = true;  // so that the body has no weights of an LM head, which nothing would train
    reward_model<Model> model{Model{std::move(config)}};
    load_weights(model.body(), source);
    const at::NoGradGuard no_gradients;
    if (scored) model.head().weights()[0].copy_(source.load(scalar_head::name));
    return model;
}

}  // namespace detail

/// The weights alone of what `load_reward_model` loads: no tokenizer is needed.
template <class Tensor = cpu<float>, template <class> class Attention = grouped_query_attention,
          template <class> class FeedForward = gated_feed_forward>
reward_model<decoder<Tensor, Attention, FeedForward>> load_bare_reward_model(const std::filesystem::path& path,
                                                                             const reward_model_options& options = {}) {
    using body = decoder<Tensor, Attention, FeedForward>;
    return detail::reward_model_from<body>(weight_source{detail::model_location(path), {}, expected_tensors<body>},
                                           options);
}

/// Loads a reward model from a folder that `save_pretrained`, transformers or TRL wrote, or begins one from what
/// `load_decoder` loads, see `reward_model_options`.
///
/// transformers judges a text at the last token that is not `pad_token_id`, we at its last token. That is the same
/// unless the padding token also ends texts.
/// @tparam Tensor device and types
/// @tparam Attention attention block; with another than the default, its `parts` say which tensors are read
/// @tparam FeedForward feed-forward block, likewise
/// Throws `aha::error` with one sentence for anything missing, damaged or not supported, and for a language model.
template <class Tensor = cpu<float>, template <class> class Attention = grouped_query_attention,
          template <class> class FeedForward = gated_feed_forward>
pretrained<reward_model<decoder<Tensor, Attention, FeedForward>>> load_reward_model(
    const std::filesystem::path& path, const reward_model_options& options = {}) {
    using body = decoder<Tensor, Attention, FeedForward>;
    const std::filesystem::path place = detail::model_location(path);
    const weight_source source{place, {}, expected_tensors<body>};
    auto model = detail::reward_model_from<body>(source, options);
    detail::text_side text = detail::load_text_side(source, place);
    return {std::move(model),       std::move(text.tokenizer), std::move(text.chat),
            std::move(text.folder), std::move(text.gguf),      std::move(text.notes)};
}

/// Writes a Hugging Face folder that transformers' AutoModelForSequenceClassification loads: float32 weights without an
/// LM head, configuration, tokenizer, chat template. The folder appears whole or not at all.
/// @param padding token by which transformers finds where a padded text ends; empty: the configuration's. One that also
///                ends texts is left out, since texts would be judged before their end; without one transformers judges
///                texts one at a time
/// @param ranks the trainer's communicator (`trainer.communicator()`): of its ranks, which all hold the same, the first
///              writes
/// Throws `aha::error` if `padding` ends texts or is not in the vocabulary.
template <class Model, class Tokenizer, communicator Communicator>
void save_pretrained(const pretrained<reward_model<Model>, Tokenizer>& source, const std::filesystem::path& folder,
                     const Communicator& ranks, std::optional<token_id> padding = std::nullopt) {
    if (ranks.rank() != 0) return;
    const Model& body = source.model.body();
    pretrained_model out;
    out.config = body.config();
    out.config.has_score_head = true;
    out.layout = expected_tensors<Model>;
    const auto ends = [&](token_id id) {
        return std::ranges::count(out.config.eos_ids, id) + std::ranges::count(source.tokenizer.end_ids(), id) > 0;
    };
    require(!padding || !ends(*padding), "the padding token ", padding.value_or(0),
            " of a reward model must not end texts: transformers would judge them before their end");
    if (padding) out.config.pad_id = padding;
    else if (out.config.pad_id && ends(*out.config.pad_id)) out.config.pad_id.reset();
    const auto add = [&](const std::string& name, const at::Tensor& weights) {
        out.tensors.emplace_back(name, weights.detach().cpu());
    };
    decoder_config headless = body.config();
    headless.tie_embeddings = true;  // the LM head is not part of it
    for (const weight_part& part : Model::parts(headless))
        add(part.name, body.weights()[part.slot].narrow(0, part.row, part.rows));
    add(scalar_head::name, source.model.head().weights()[0]);
    detail::add_text_side(out, source);
    write_pretrained(folder, out);
}

/// The same where the ranks, if there are several, are those that a launcher started. Ranks that a communicator of your
/// own joins must give it.
template <class Model, class Tokenizer>
void save_pretrained(const pretrained<reward_model<Model>, Tokenizer>& source, const std::filesystem::path& folder,
                     std::optional<token_id> padding = std::nullopt) {
    save_pretrained(source, folder, detail::launched_ranks{}, padding);
}

}  // namespace aha
