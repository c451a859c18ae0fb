#pragma once

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/strict_json.hpp>
#include <aha/core/token_id.hpp>
#include <aha/text/bpe_tokenizer.hpp>
#include <aha/text/json_part.hpp>
#include <aha/text/post_processor.hpp>
#include <aha/text/token_decoder.hpp>
#include <aha/text/tokenizer_model.hpp>

/// Tokenizers as the library `tokenizers` writes them: https://huggingface.co/docs/tokenizers. "truncation" and
/// "padding" are not looked at: a trainer decides both.
namespace aha {

namespace detail::tokenizing {

inline std::vector<added_token> read_added_tokens(const json_part& root) {
    std::vector<added_token> tokens;
    if (const auto list = root.find("added_tokens"))
        for (std::size_t i = 0; i < list->size(); ++i) {
            const json_part part = list->item(i);
            const bool special = part.flag("special", false);
            tokens.push_back({.id = part.at("id").id(),
                              .content = part.at("content").text(),
                              .single_word = part.flag("single_word", false),
                              .lstrip = part.flag("lstrip", false),
                              .rstrip = part.flag("rstrip", false),
                              .normalized = part.flag("normalized", !special),
                              .special = special});
        }
    return tokens;
}

/// The tokenizer in the JSON object `root`; messages begin with its place.
inline bpe_tokenizer read_tokenizer(const json_part& root, tokenizer_facts facts) {
    const auto cut = root.find("pre_tokenizer");
    const auto normalize = root.find("normalizer");
    const auto decoder = root.find("decoder");
    const auto frame = root.find("post_processor");
    bpe_tokenizer_parts parts{.normalize = normalize ? normalizer{*normalize} : normalizer{},
                              .cut = cut ? pre_tokenizer{*cut} : pre_tokenizer{},
                              .model = read_model(root.at("model")),
                              .added = read_added_tokens(root),
                              .decode = decoder ? token_decoder{*decoder} : token_decoder{}};
    if (frame) parts.frame = read_frame(*frame);
    try {
        return bpe_tokenizer{std::move(parts), std::move(facts)};
    } catch (const error& wrong) {
        fail(root.place(), ": ", wrong.what());
    }
}

/// The file beside `file` called `name`, if there is one.
inline std::optional<nlohmann::json> read_beside(const std::filesystem::path& file, const char* name) {
    const std::filesystem::path path = file.parent_path() / name;
    if (!std::filesystem::exists(path)) return std::nullopt;
    return aha::detail::read_json_object(path);
}

/// A token in tokenizer_config.json: its text, or an object with its text.
inline std::string read_token_text(const json_part& part) {
    return part.value().is_object() ? part.at("content").text() : part.text();
}

}  // namespace detail::tokenizing

/// The tokenizer that a tokenizer.json, read as JSON, describes. Throws `aha::error` naming what is wrong, or which
/// type of normalizer, pre-tokenizer, model, post-processor or decoder is not supported.
inline bpe_tokenizer make_tokenizer(const nlohmann::json& tokenizer_json, tokenizer_facts facts = {}) {
    return detail::tokenizing::read_tokenizer({tokenizer_json, "tokenizer.json", true}, std::move(facts));
}

/// Reads `file`, a tokenizer.json. Beside it, where they are, generation_config.json, config.json and
/// tokenizer_config.json say which ids end a completion (the union of what they say) and which one begins a text
/// (tokenizer_config.json's word comes first, and its null means none). Throws `aha::error` naming the file at fault.
inline bpe_tokenizer load_tokenizer_json(const std::filesystem::path& file) {
    using detail::tokenizing::json_part;
    const nlohmann::json root = detail::read_json_object(file);
    const json_part part{root, file.string(), true};
    bpe_tokenizer made = detail::tokenizing::read_tokenizer(part, {});
    tokenizer_facts facts;
    const auto known = [&](const json_part& place) {
        const token_id id = place.id();
        require(id < made.vocabulary_size(), place.place(), " is ", id, ", beyond the vocabulary of ",
                made.vocabulary_size());
        return id;
    };
    const auto spelt = [&](const json_part& place) {
        const std::string text = detail::tokenizing::read_token_text(place);
        const auto id = made.id_of(text);
        require(id.has_value(), place.place(), " is ", detail::tokenizing::shown(text),
                ", which is not in the vocabulary");
        return *id;
    };
    const auto add_end = [&](token_id id) {
        if (std::ranges::find(facts.end_ids, id) == facts.end_ids.end()) facts.end_ids.push_back(id);
    };
    for (const char* name : {"generation_config.json", "config.json"})
        if (const auto config = detail::tokenizing::read_beside(file, name)) {
            const json_part beside{*config, (file.parent_path() / name).string(), true};
            if (const auto end = beside.find("eos_token_id")) {
                if (end->value().is_array())
                    for (std::size_t i = 0; i < end->size(); ++i) add_end(known(end->item(i)));
                else add_end(known(*end));
            }
            if (const auto first = beside.find("bos_token_id"); first && !facts.bos) facts.bos = known(*first);
        }
    if (const auto config = detail::tokenizing::read_beside(file, "tokenizer_config.json")) {
        const json_part beside{*config, (file.parent_path() / "tokenizer_config.json").string(), true};
        if (const auto end = beside.find("eos_token")) add_end(spelt(*end));
        if (config->contains("bos_token")) {
            const auto first = beside.find("bos_token");
            facts.bos = first ? std::optional{spelt(*first)} : std::nullopt;
        }
    }
    return made.with_facts(std::move(facts));
}

}  // namespace aha
