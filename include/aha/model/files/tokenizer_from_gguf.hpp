#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include <aha/core/error.hpp>
#include <aha/model/files/gguf_text.hpp>
#include <aha/core/shown_name.hpp>

namespace aha {

namespace detail {

/// How the vocabularies that we know split text before merging, as tokenizer.json says it.
inline nlohmann::json pre_tokenizer_json(const std::string& pre) {
    using json = nlohmann::json;
    const auto split = [](std::string_view pattern) {
        return json{{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
    };
    const auto bytes = [](bool use_regex) {
        return json{
            {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", use_regex}};
    };
    const auto sequence = [](json parts) { return json{{"type", "Sequence"}, {"pretokenizers", std::move(parts)}}; };
    // Contractions, words with a sign before them, digits (how many together differs), signs, line ends, white space.
    const auto words = [&](std::string_view digits) {
        return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + std::string{digits} +
               "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    };
    if (pre == "smollm") return sequence({json{{"type", "Digits"}, {"individual_digits", true}}, bytes(true)});
    if (pre == "qwen2" || pre == "deepseek-r1-qwen") return sequence({split(words("\\p{N}")), bytes(false)});
    if (pre == "llama-bpe" || pre == "llama3" || pre == "llama-v3")
        return sequence({split(words("\\p{N}{1,3}")), bytes(false)});
    if (pre == "deepseek-v3")
        return sequence(
            {split("\\p{N}{1,3}"), split("[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"),
             split("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                   "| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
             bytes(false)});
    if (pre == "gpt-2") return bytes(true);
    fail("a GGUF tokenizer with the pre-tokeniser ", shown_name(pre),
         " cannot be written (only smollm, qwen2, deepseek-r1-qwen, llama-bpe, deepseek-v3, gpt-2)");
}

}  // namespace detail

/// The tokenizer.json that gives the ids of the tokenizer in a GGUF file. Throws `aha::error` if it is not byte-level
/// BPE, or of a kind that we do not know how to split.
inline nlohmann::json tokenizer_json(const gguf_text& text) {
    using json = nlohmann::json;
    require(text.model == "gpt2", "a GGUF tokenizer of the kind ", detail::shown_name(text.model),
            " cannot be written (only gpt2, byte-level BPE)");
    json added = json::array(), vocabulary = json::object(), merges = json::array();
    for (std::size_t i = 0; i < text.tokens.size(); ++i) {
        const bool control = !text.token_types.empty() && text.token_types[i] == 3;
        const bool user = !text.token_types.empty() && text.token_types[i] == 4;
        if (control || user)
            added.push_back({{"id", i},
                             {"content", text.tokens[i]},
                             {"single_word", false},
                             {"lstrip", false},
                             {"rstrip", false},
                             {"normalized", false},
                             {"special", control}});
        require(vocabulary.emplace(text.tokens[i], i).second, "the GGUF tokenizer has the token ",
                detail::shown_name(text.tokens[i]), " twice");
    }
    for (const std::string& merge : text.merges) {
        // A token may itself hold spaces in no byte-level vocabulary, so the first one divides.
        const std::size_t space = merge.find(' ', 1);
        require(space != std::string::npos && space + 1 < merge.size(),
                "the GGUF tokenizer has a merge of less than two parts: ", detail::shown_name(merge));
        merges.push_back(json::array({merge.substr(0, space), merge.substr(space + 1)}));
    }
    json post = nullptr;
    if (text.add_bos && text.bos) {
        const std::string bos = text.tokens.at(static_cast<std::size_t>(*text.bos));
        const auto special = [&](int type) { return json{{"SpecialToken", {{"id", bos}, {"type_id", type}}}}; };
        const auto sequence = [](const char* id, int type) {
            return json{{"Sequence", {{"id", id}, {"type_id", type}}}};
        };
        post = {{"type", "TemplateProcessing"},
                {"single", json::array({special(0), sequence("A", 0)})},
                {"pair", json::array({special(0), sequence("A", 0), special(1), sequence("B", 1)})},
                {"special_tokens",
                 {{bos, {{"id", bos}, {"ids", json::array({*text.bos})}, {"tokens", json::array({bos})}}}}}};
    }
    const bool llama3 = text.pre == "llama-bpe" || text.pre == "llama3" || text.pre == "llama-v3";
    return {
        {"version", "1.0"},
        {"truncation", nullptr},
        {"padding", nullptr},
        {"added_tokens", std::move(added)},
        {"normalizer", text.pre == "qwen2" ? json{{"type", "NFC"}} : json(nullptr)},
        {"pre_tokenizer", detail::pre_tokenizer_json(text.pre)},
        {"post_processor", std::move(post)},
        {"decoder", {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}}},
        {"model",
         {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", nullptr},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", llama3},
          {"vocab", std::move(vocabulary)},
          {"merges", std::move(merges)}}}};
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
