#pragma once

#include <cstdlib>
#include <string_view>
#include <type_traits>

#include <aha/pretrained/pretrained.hpp>
#include <aha/core/inline.hpp>
#include <aha/core/records.hpp>
#include <aha/pretrained/tokenizer_from_gguf.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/text/tokenizer_json.hpp>

namespace aha::detail {

AHA_INLINE std::filesystem::path model_location(const std::filesystem::path& name) {
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

inline bpe_tokenizer tokenizer_from(const gguf_text& text) {
    return make_tokenizer(tokenizer_json(text), {.end_ids = text.end_ids, .bos = text.bos});
}

AHA_INLINE nlohmann::ordered_json special_tokens(const gguf_text& text) {
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

AHA_INLINE text_side load_text_side(const weight_source& source, const std::filesystem::path& place) {
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

}  // namespace aha::detail

namespace aha {

AHA_INLINE bpe_tokenizer load_tokenizer(const std::filesystem::path& path) {
    const std::filesystem::path place = detail::model_location(path);
    if (std::filesystem::is_directory(place)) return load_tokenizer_json(place / "tokenizer.json");
    const weight_source source{place};
    require(source.gguf().has_value(), place, " holds no tokenizer");
    return detail::tokenizer_from(read_gguf_text(*source.gguf()));
}

}  // namespace aha
