#pragma once

#include <ATen/core/grad_mode.h>
#include <concepts>
#include <filesystem>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/communicator.hpp>
#include <aha/core/error.hpp>
#include <aha/dist/one_process.hpp>
#include <aha/dist/rank_environment.hpp>
#include <aha/core/tensor_policy.hpp>
#include <aha/model/decoder.hpp>
#include <aha/pretrained/pretrained_writer.hpp>
#include <aha/pretrained/weights.hpp>
#include <aha/text/bpe_tokenizer.hpp>
#include <aha/text/chat_template.hpp>
#include <aha/model/sharding.hpp>
#include <aha/rollout/source.hpp>

namespace aha {

/// A model as it comes from disk: weights, tokenizer, chat template, and what is needed to write it back.
template <class Model, class Tokenizer = bpe_tokenizer>
struct pretrained {
    Model model;                             ///< the weights
    Tokenizer tokenizer;                     ///< text to ids and back
    std::optional<aha::chat_template> chat;  ///< none if the model has none; `save_pretrained` writes what is here
    std::optional<std::filesystem::path> tokenizer_folder = std::nullopt;  ///< where the tokenizer's files are
    std::optional<gguf_text> text = std::nullopt;                          ///< or the tokenizer of the GGUF file
    std::vector<std::string> notes{};  ///< what was passed over when it was loaded, a sentence each
};

/// Without these, compilers before clang 17 deduce nothing from the members of an aggregate.
template <class Model, class Tokenizer, class... Others>
pretrained(Model, Tokenizer, Others...) -> pretrained<Model, Tokenizer>;

/// Loads weights into a model of the same configuration.
template <class Model>
void load_weights(Model& model, const weight_source& source) {
    const at::NoGradGuard no_gradients;
    for (const weight_part& part : Model::parts(model.config()))
        model.weights()[part.slot].narrow(0, part.row, part.rows).copy_(source.load(part.name));
    model.refresh();
}

namespace detail {

/// The file or folder that `name` means: "smollm2" is the file named by the environment variable AHA_SMOLLM2.
std::filesystem::path model_location(const std::filesystem::path& name);

template <class Model>
Model decoder_from(const weight_source& source) {
    require(!source.config().has_score_head, source.path(),
            " is a reward model and generates no text; load_reward_model loads it");
    Model model{source.config()};
    load_weights(model, source);
    return model;
}

/// The special tokens of a GGUF file, as variables of a chat template.
nlohmann::ordered_json special_tokens(const gguf_text& text);

/// What a model folder or file holds besides weights.
struct text_side {
    bpe_tokenizer tokenizer;
    std::optional<chat_template> chat;
    std::optional<std::filesystem::path> folder;
    std::optional<gguf_text> gguf;
    std::vector<std::string> notes;
};

/// Throws `aha::error` if the tokenizer knows ids that the weights have no row for.
text_side load_text_side(const weight_source& source, const std::filesystem::path& place);

}  // namespace detail

/// The weights alone of what `load_decoder` loads: no tokenizer is needed.
template <class Tensor = cpu<float>, template <class> class Attention = grouped_query_attention,
          template <class> class FeedForward = gated_feed_forward>
decoder<Tensor, Attention, FeedForward> load_bare_decoder(const std::filesystem::path& path) {
    using model = decoder<Tensor, Attention, FeedForward>;
    return detail::decoder_from<model>(weight_source{detail::model_location(path), {}, expected_tensors<model>});
}

/// The tokenizer alone of what `load_decoder` loads.
bpe_tokenizer load_tokenizer(const std::filesystem::path& path);

/// Loads a Hugging Face folder (config.json, safetensors, tokenizer.json) or a GGUF file. "smollm2" means the file
/// named by the environment variable AHA_SMOLLM2, which the run scripts set.
/// @tparam Tensor device and types
/// @tparam Attention attention block; with another than the default, its `parts` say which tensors are read
/// @tparam FeedForward feed-forward block, likewise
/// Throws `aha::error` with one sentence for anything missing, damaged or not supported.
template <class Tensor = cpu<float>, template <class> class Attention = grouped_query_attention,
          template <class> class FeedForward = gated_feed_forward>
pretrained<decoder<Tensor, Attention, FeedForward>> load_decoder(const std::filesystem::path& path) {
    using model = decoder<Tensor, Attention, FeedForward>;
    const std::filesystem::path place = detail::model_location(path);
    const weight_source source{place, {}, expected_tensors<model>};
    detail::text_side text = detail::load_text_side(source, place);
    return {detail::decoder_from<model>(source),
            std::move(text.tokenizer),
            std::move(text.chat),
            std::move(text.folder),
            std::move(text.gguf),
            std::move(text.notes)};
}

/// The special tokens that a chat template of the model may name (bos_token, eos_token, ...): those of its present
/// template, else those of the files that it came from.
template <class Model, class Tokenizer>
nlohmann::ordered_json template_variables(const pretrained<Model, Tokenizer>& source) {
    if (source.chat) return source.chat->defaults();
    if (source.tokenizer_folder) return load_special_tokens(*source.tokenizer_folder);
    return source.text ? detail::special_tokens(*source.text) : nlohmann::ordered_json::object();
}

namespace detail {

/// What a saved folder holds besides weights: the tokenizer's files, the template that `source.chat` is, the end
/// tokens.
template <class Model, class Tokenizer>
void add_text_side(pretrained_model& out, const pretrained<Model, Tokenizer>& source) {
    out.tokenizer_folder = source.tokenizer_folder;
    out.text = source.text;
    const auto& ends = source.tokenizer.end_ids();
    out.end_ids.assign(std::ranges::begin(ends), std::ranges::end(ends));
    if (!source.chat) return;
    std::optional<chat_template> own;
    if (source.tokenizer_folder) own = load_chat_template(*source.tokenizer_folder);
    if (!own || own->source() != source.chat->source()) out.chat_template = source.chat->source();
}

/// The ranks that a launcher started, of which nothing is known but which one this is.
struct launched_ranks : one_process {
    int rank() const { return read_rank_environment().rank; }
};

}  // namespace detail

/// Writes a Hugging Face folder that transformers loads: float32 weights, configuration, tokenizer, the chat template
/// in `source.chat`, and the tokenizer's end tokens as those that generation stops at. The folder appears whole or not
/// at all.
/// @param ranks the trainer's communicator (`trainer.communicator()`): all of its ranks call this, the first writes
template <class Model, class Tokenizer, communicator Communicator>
void save_pretrained(const pretrained<Model, Tokenizer>& source, const std::filesystem::path& folder,
                     const Communicator& ranks) {
    const parameters weights = whole_weights(source.model);
    if (ranks.rank() != 0) return;
    pretrained_model out;
    out.config = source.model.config();
    out.layout = expected_tensors<Model>;
    for (const weight_part& part : Model::parts(out.config))
        out.tensors.emplace_back(part.name, weights[part.slot].detach().narrow(0, part.row, part.rows).cpu());
    detail::add_text_side(out, source);
    write_pretrained(folder, out);
}

/// The same where the ranks, if there are several, are those that a launcher started: its environment says which is the
/// first. Ranks that a communicator of your own joins (MPI, say) must give it, or every one of them writes.
template <class Model, class Tokenizer>
void save_pretrained(const pretrained<Model, Tokenizer>& source, const std::filesystem::path& folder) {
    save_pretrained(source, folder, detail::launched_ranks{});
}

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/pretrained/pretrained.ipp>
#endif
