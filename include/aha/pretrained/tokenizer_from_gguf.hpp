#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/core/token_id.hpp>
#include <aha/pretrained/gguf_end_tokens.hpp>
#include <aha/pretrained/gguf_pieces.hpp>
#include <aha/pretrained/gguf_splits.hpp>
#include <aha/pretrained/gguf_text.hpp>

namespace aha {

namespace detail {

/// How a byte-level vocabulary cuts a text, as tokenizer.json says it.
inline nlohmann::json pre_tokenizer_json(word_split split) {
    std::vector<std::string> patterns = split_patterns(split);
    const bool gpt2_last = patterns.back() == gpt2_words;  // which ByteLevel knows by itself
    if (gpt2_last) patterns.pop_back();
    nlohmann::json parts = nlohmann::json::array();
    for (const std::string& pattern : patterns) {
        if (pattern == R"(\p{N})") parts.push_back({{"type", "Digits"}, {"individual_digits", true}});
        else
            parts.push_back(
                {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}});
    }
    parts.push_back(
        {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", gpt2_last}});
    if (parts.size() == 1) return parts[0];
    return {{"type", "Sequence"}, {"pretokenizers", std::move(parts)}};
}

/// The tokens that are found in a text before it is cut. Special ones, which decoded text leaves out, are control
/// tokens, the unknown token, what ends a completion, and what tokenizer_config.json names; the others a user has
/// defined.
inline nlohmann::json added_tokens_json(const gguf_text& text) {
    auto added = nlohmann::json::array();
    std::vector<bool> named(text.tokens.size(), false);
    for (const token_id id : text.end_ids) named[static_cast<std::size_t>(id)] = true;
    for (const auto& id : {text.bos, text.eos, text.unk, text.pad})
        if (id) named[static_cast<std::size_t>(*id)] = true;
    for (std::size_t i = 0; i < text.tokens.size(); ++i) {
        const int type = text.token_types.empty() ? 1 : text.token_types[i];
        // <|end|> ends no completion where it only ends a message of a turn (`end_ids_by_text`).
        const bool within_turn = text.tokens[i] == "<|end|>" && !named[i];
        const bool shown = type == 4 || within_turn || is_among(text.tokens[i], shown_controls);
        const bool special = named[i] || is_among(text.tokens[i], gap_controls) || (!shown && (type == 2 || type == 3));
        if (special || shown)
            added.push_back({{"id", i},
                             {"content", text.tokens[i]},
                             {"single_word", false},
                             {"lstrip", false},
                             {"rstrip", false},
                             {"normalized", false},
                             {"special", special}});
    }
    return added;
}

/// What stands around a text, or null.
inline nlohmann::json post_processor_json(const gguf_text& text) {
    const bool first = text.add_bos && text.bos, last = text.add_eos && text.eos;
    if (!first && !last) return nullptr;
    nlohmann::json special = nlohmann::json::object();
    const auto token = [&](token_id id, int type) {
        const std::string& spelt = text.tokens.at(static_cast<std::size_t>(id));
        special[spelt] = {
            {"id", spelt}, {"ids", nlohmann::json::array({id})}, {"tokens", nlohmann::json::array({spelt})}};
        return nlohmann::json{{"SpecialToken", {{"id", spelt}, {"type_id", type}}}};
    };
    nlohmann::json pair = nlohmann::json::array();
    const auto add = [&](const char* name, int type) {
        if (first) pair.push_back(token(*text.bos, type));
        pair.push_back({{"Sequence", {{"id", name}, {"type_id", type}}}});
        if (last) pair.push_back(token(*text.eos, type));
    };
    add("A", 0);
    nlohmann::json single = pair;
    add("B", 1);
    return {{"type", "TemplateProcessing"},
            {"single", std::move(single)},
            {"pair", std::move(pair)},
            {"special_tokens", std::move(special)}};
}

/// A model of byte pairs; `merges` are pairs of texts.
inline nlohmann::json byte_pair_json(const gguf_text& text, nlohmann::json merges, bool bytes, bool whole_words) {
    auto vocabulary = nlohmann::json::object();
    for (std::size_t i = 0; i < text.tokens.size(); ++i)
        require(vocabulary.emplace(text.tokens[i], i).second, "the GGUF tokenizer has the token ",
                shown_name(text.tokens[i]), " twice");
    nlohmann::json model = {{"type", "BPE"},
                            {"dropout", nullptr},
                            {"unk_token", nullptr},
                            {"continuing_subword_prefix", nullptr},
                            {"end_of_word_suffix", nullptr},
                            {"fuse_unk", bytes},
                            {"byte_fallback", bytes},
                            {"ignore_merges", whole_words},
                            {"vocab", std::move(vocabulary)},
                            {"merges", std::move(merges)}};
    if (bytes && text.unk) model["unk_token"] = text.tokens.at(static_cast<std::size_t>(*text.unk));
    return model;
}

inline nlohmann::json merges_json(const gguf_text& text) {
    auto merges = nlohmann::json::array();
    for (const std::string& merge : text.merges) {
        // A token may itself hold spaces in no byte-level vocabulary, so the first one divides.
        const std::size_t space = merge.find(' ', 1);
        require(space != std::string::npos && space + 1 < merge.size(),
                "the GGUF tokenizer has a merge of less than two parts: ", shown_name(merge));
        merges.push_back(nlohmann::json::array({merge.substr(0, space), merge.substr(space + 1)}));
    }
    return merges;
}

inline nlohmann::json score_merges_json(const gguf_text& text) {
    auto merges = nlohmann::json::array();
    for (const scored_merge& merge : merges_of_scores(text))
        merges.push_back(nlohmann::json::array(
            {text.tokens[static_cast<std::size_t>(merge.left)], text.tokens[static_cast<std::size_t>(merge.right)]}));
    return merges;
}

/// The same with a name for each empty token, as llama.cpp gives it.
inline gguf_text with_names(gguf_text text) {
    for (std::size_t i = 0; i < text.tokens.size(); ++i)
        if (text.tokens[i].empty()) text.tokens[i] = "[EMPTY_" + std::to_string(i) + "]";
    return text;
}

}  // namespace detail

/// The tokenizer.json that gives the ids of the tokenizer in a GGUF file. Throws `aha::error` for a kind of vocabulary
/// or a pre-tokenizer that we do not know, a merge that is none, and for scores that are not there.
inline nlohmann::json tokenizer_json(const gguf_text& given) {
    std::optional<gguf_text> renamed;
    if (std::ranges::find(given.tokens, "") != given.tokens.end()) renamed = detail::with_names(given);
    const gguf_text& text = renamed ? *renamed : given;
    nlohmann::json made = {{"version", "1.0"},
                           {"truncation", nullptr},
                           {"padding", nullptr},
                           {"added_tokens", detail::added_tokens_json(text)},
                           {"normalizer", nullptr},
                           {"pre_tokenizer", nullptr},
                           {"post_processor", detail::post_processor_json(text)}};
    if (text.model == "gpt2") {
        const detail::named_split* const named = detail::find_named_split(text.pre);
        require(named != nullptr, "a GGUF tokenizer with the pre-tokenizer ", detail::shown_name(text.pre),
                " is not supported: how it cuts a text is not known");
        if (named->composes) made["normalizer"] = {{"type", "NFC"}};
        made["pre_tokenizer"] = detail::pre_tokenizer_json(named->split);
        made["decoder"] = {
            {"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}};
        made["model"] = detail::byte_pair_json(text, detail::merges_json(text), false, named->whole_words);
        return made;
    }
    const bool by_score = text.model == "llama";
    require(by_score || text.model == "t5", "a GGUF tokenizer of the kind ", detail::shown_name(text.model),
            " is not supported (only gpt2, byte-level BPE; llama, BPE by scores; t5, Unigram)");
    require(!text.scores.empty(), "a GGUF tokenizer of the kind ", text.model, " needs scores, and has none");
    made["normalizer"] = detail::piece_normalizer(text);
    made["decoder"] = detail::piece_decoder(text, by_score);
    made["model"] = by_score ? detail::byte_pair_json(text, detail::score_merges_json(text), true, false)
                             : detail::unigram_json(text);
    return made;
}

/// The tokenizer_config.json beside it; `context` is the model's.
inline nlohmann::json tokenizer_config_json(const gguf_text& text, std::int64_t context) {
    nlohmann::json value = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                            {"clean_up_tokenization_spaces", false},
                            {"model_max_length", context}};
    const auto add = [&](const char* key, const std::optional<token_id>& id) {
        if (id) value[key] = text.tokens.at(static_cast<std::size_t>(*id));
    };
    add("bos_token", text.bos);
    add("eos_token", text.eos);
    add("unk_token", text.unk);
    add("pad_token", text.pad);
    if (!text.chat_template.empty()) value["chat_template"] = text.chat_template;
    return value;
}

}  // namespace aha
