#pragma once

#include <ATen/core/grad_mode.h>
#include <concepts>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/core/tensor_policy.hpp>
#include <aha/model/decoder.hpp>
#include <aha/model/files/pretrained_writer.hpp>
#include <aha/model/files/tokenizer_from_gguf.hpp>
#include <aha/model/files/weights.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/text/bpe_tokenizer.hpp>
#include <aha/text/chat_template.hpp>
#include <aha/text/tokenizer_json.hpp>

namespace aha {

/// A model as it comes from disk: weights, tokenizer, chat template, and what is needed to write it back.
template <class Model, class Tokenizer = bpe_tokenizer>
struct pretrained {
    Model model;
    Tokenizer tokenizer;
    std::optional<aha::chat_template> chat;                                ///< none if the model has none
    std::optional<std::filesystem::path> tokenizer_folder = std::nullopt;  ///< where the tokenizer's files are
    std::optional<gguf_text> text = std::nullopt;                          ///< or the tokenizer of the GGUF file
};

/// The model inside `source`: `source.model` of a `pretrained`, else `source` itself.
template <class Source>
decltype(auto) model_of(Source& source) {
    if constexpr (requires {
                      source.tokenizer;
                      source.model;
                  })
        return (source.model);
    else return (source);
}

template <class Source>
using model_of_t = std::remove_cvref_t<decltype(model_of(std::declval<Source&>()))>;

namespace detail {

template <class Source>
struct default_sampler_type {
    using type = void;
};
template <class Model, class Tokenizer>
struct default_sampler_type<pretrained<Model, Tokenizer>> {
    using type = autoregressive_sampler<Tokenizer>;
};

}  // namespace detail

template <class Source>
using default_sampler_t = typename detail::default_sampler_type<Source>::type;

namespace detail {

/// Makes the sampler of a trainer that is given none: plain sampling at temperature 1 with the source's own tokenizer.
template <class Source>
struct make_default_sampler {
    const Source* source;
    template <class Sampler>
    Sampler operator()(std::type_identity<Sampler>) const {
        return Sampler{source->tokenizer};
    }
};
template <class Source>
make_default_sampler(Source*) -> make_default_sampler<Source>;

}  // namespace detail

/// The prompt's text as tokens. A first token that the tokenizer asks for is added unless the text spells it out.
template <class Source>
std::vector<token_id> tokens_of(const Source& source, const prompt& p) {
    if constexpr (requires { source.tokenizer.encode(p.text); }) {
        std::vector<token_id> ids = source.tokenizer.encode(p.text);
        if constexpr (requires { source.tokenizer.encode_with_special(p.text); }) {
            std::vector<token_id> full = source.tokenizer.encode_with_special(p.text);
            const bool spelled_out =
                !ids.empty() && !full.empty() && full.size() > ids.size() && ids.front() == full.front();
            if (!spelled_out) ids = std::move(full);
        }
        require(!ids.empty(), "prompt ", p.index, " is empty");
        return ids;
    } else {
        fail("prompt ", p.index, " has no tokens, and a bare model has no tokenizer to make them");
    }
}

/// Loads weights into a model of the same configuration.
template <class Model>
void load_weights(Model& model, const weight_source& source) {
    const at::NoGradGuard no_gradients;
    for (const weight_part& part : Model::parts(model.config()))
        model.weights()[part.slot].narrow(0, part.row, part.rows).copy_(source.load(part.name));
    model.refresh();
}

/// Loads a Hugging Face folder (config.json, safetensors, tokenizer.json) or a GGUF file. "smollm2" means the file
/// named by the environment variable AHA_SMOLLM2, which the run scripts set.
/// @tparam Tensor device and types
/// Throws `aha::error` with one sentence for anything missing, damaged or not supported.
template <class Tensor = cpu<float>>
pretrained<decoder<Tensor>> load_decoder(std::filesystem::path path) {
    if (path == "smollm2") {
        const char* packaged = std::getenv("AHA_SMOLLM2");
        require(packaged != nullptr && *packaged != '\0',
                "the model \"smollm2\" is the file named by AHA_SMOLLM2, which is not set; examples/run sets it");
        path = packaged;
    }
    const weight_source source{path};
    if (source.gguf()) {
        gguf_text text = read_gguf_text(*source.gguf());
        bpe_tokenizer tokenizer = make_tokenizer(tokenizer_json(text), {.end_ids = text.end_ids, .bos = text.bos});
        std::optional<chat_template> chat;
        if (!text.chat_template.empty()) chat.emplace(text.chat_template);
        pretrained<decoder<Tensor>> loaded{decoder<Tensor>{source.config()}, std::move(tokenizer), std::move(chat),
                                           std::nullopt, std::move(text)};
        load_weights(loaded.model, source);
        return loaded;
    }
    pretrained<decoder<Tensor>> loaded{decoder<Tensor>{source.config()}, load_tokenizer_json(path / "tokenizer.json"),
                                       load_chat_template(path), path, std::nullopt};
    load_weights(loaded.model, source);
    return loaded;
}

/// Writes a Hugging Face folder that transformers loads: float32 weights, configuration, tokenizer, chat template. The
/// folder appears whole or not at all.
template <class Model, class Tokenizer>
void save_pretrained(const pretrained<Model, Tokenizer>& source, const std::filesystem::path& folder) {
    pretrained_model out{.config = source.model.config()};
    for (const weight_part& part : Model::parts(out.config))
        out.tensors.emplace_back(part.name,
                                 source.model.weights()[part.slot].detach().narrow(0, part.row, part.rows).cpu());
    out.tokenizer_folder = source.tokenizer_folder;
    out.text = source.text;
    write_pretrained(folder, out);
}

}  // namespace aha
