#pragma once

#include <ATen/core/grad_mode.h>
#include <concepts>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/communicator.hpp>
#include <aha/core/error.hpp>
#include <aha/dist/one_process.hpp>
#include <aha/dist/rank_environment.hpp>
#include <aha/core/records.hpp>
#include <aha/core/tensor_policy.hpp>
#include <aha/model/decoder.hpp>
#include <aha/pretrained/pretrained_writer.hpp>
#include <aha/pretrained/tokenizer_from_gguf.hpp>
#include <aha/pretrained/weights.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/text/bpe_tokenizer.hpp>
#include <aha/text/chat_template.hpp>
#include <aha/text/tokenizer_json.hpp>
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
inline std::filesystem::path model_location(const std::filesystem::path& name) {
    if (name != "smollm2") return name;
    const char* const packaged = std::getenv("AHA_SMOLLM2");
    require(packaged != nullptr && *packaged != '\0',
            "the model \"smollm2\" is the file named by AHA_SMOLLM2, which is not set; examples/run sets it");
    return packaged;
}

/// A tokenizer must not know ids that the embedding has no row for: a text that holds one would read other memory.
inline void check_vocabulary(const bpe_tokenizer& tokenizer, std::int64_t rows, const std::filesystem::path& place) {
    require(tokenizer.vocabulary_size() <= rows, place.string(), ": the tokenizer has ", tokenizer.vocabulary_size(),
            " tokens (the last is \"", std::string{tokenizer.token_bytes(tokenizer.vocabulary_size() - 1)},
            "\"), but the model's vocabulary has ", rows,
            " rows: resize the model's embedding, or take the added tokens out of the tokenizer");
}

template <class Model>
Model decoder_from(const weight_source& source) {
    require(!source.config().has_score_head, source.path(),
            " is a reward model and generates no text; load_reward_model loads it");
    Model model{source.config()};
    load_weights(model, source);
    return model;
}

inline bpe_tokenizer tokenizer_from(const gguf_text& text) {
    return make_tokenizer(tokenizer_json(text), {.end_ids = text.end_ids, .bos = text.bos});
}

/// The special tokens of a GGUF file, as variables of a chat template.
inline nlohmann::ordered_json special_tokens(const gguf_text& text) {
    auto names = nlohmann::ordered_json::object();
    const auto add = [&](const char* name, const std::optional<token_id>& id) {
        if (id) names[name] = text.tokens.at(static_cast<std::size_t>(*id));
    };
    add("bos_token", text.bos);
    add("eos_token", text.eos);
    add("unk_token", text.unk);
    add("pad_token", text.pad);
    return names;
}

inline std::optional<chat_template> chat_from(const gguf_text& text) {
    if (text.chat_template.empty()) return std::nullopt;
    return chat_template{text.chat_template, special_tokens(text)};
}

/// What a model folder or file holds besides weights.
struct text_side {
    bpe_tokenizer tokenizer;
    std::optional<chat_template> chat;
    std::optional<std::filesystem::path> folder;
    std::optional<gguf_text> gguf;
    std::vector<std::string> notes;
};

/// Throws `aha::error` if the tokenizer knows ids that the weights have no row for.
inline text_side load_text_side(const weight_source& source, const std::filesystem::path& place) {
    std::optional<gguf_text> text;
    if (source.gguf()) text = read_gguf_text(*source.gguf());
    bpe_tokenizer tokenizer = text ? tokenizer_from(*text) : load_tokenizer_json(place / "tokenizer.json");
    check_vocabulary(tokenizer, source.config().vocabulary_size, place);
    std::optional<chat_template> chat = text ? chat_from(*text) : load_chat_template(place);
    std::vector<std::string> notes = source.notes();
    notes.insert(notes.end(), tokenizer.notes().begin(), tokenizer.notes().end());
    std::optional<std::filesystem::path> folder;
    if (!text) folder = place;
    return {std::move(tokenizer), std::move(chat), std::move(folder), std::move(text), std::move(notes)};
}

}  // namespace detail

/// The weights alone of what `load_decoder` loads: no tokenizer is needed.
template <class Tensor = cpu<float>, template <class> class Attention = grouped_query_attention,
          template <class> class FeedForward = gated_feed_forward>
decoder<Tensor, Attention, FeedForward> load_bare_decoder(const std::filesystem::path& path) {
    using model = decoder<Tensor, Attention, FeedForward>;
    return detail::decoder_from<model>(weight_source{detail::model_location(path), {}, expected_tensors<model>});
}

/// The tokenizer alone of what `load_decoder` loads.
inline bpe_tokenizer load_tokenizer(const std::filesystem::path& path) {
    const std::filesystem::path place = detail::model_location(path);
    if (std::filesystem::is_directory(place)) return load_tokenizer_json(place / "tokenizer.json");
    const weight_source source{place};
    require(source.gguf().has_value(), place, " holds no tokenizer");
    return detail::tokenizer_from(read_gguf_text(*source.gguf()));
}

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
