#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <aha/pretrained/gguf_text.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/pretrained/gguf_end_tokens.hpp>
#include <aha/pretrained/gguf_splits.hpp>

namespace aha::detail {

inline std::vector<double> read_scores(const gguf_file& file, const std::string& key) {
    const auto found = file.metadata().find(key);
    if (found == file.metadata().end()) return {};
    if (const auto* whole = std::get_if<std::vector<std::int64_t>>(&found->second))
        return {whole->begin(), whole->end()};
    const auto* const scores = std::get_if<std::vector<double>>(&found->second);
    require(scores != nullptr, file.path().string(), ": ", shown_name(key), " is not a list of numbers");
    for (std::size_t i = 0; i < scores->size(); ++i)
        require(std::isfinite((*scores)[i]), file.path().string(), ": ", shown_name(key), "[", i, "] is ",
                (*scores)[i]);
    return *scores;
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE gguf_text read_gguf_text(const gguf_file& file) {
    const std::string where = file.path().string(), prefix = "tokenizer.ggml.";
    gguf_text text;
    const auto model = file.text(prefix + "model");
    require(model.has_value(), where, " has no tokenizer (no tokenizer.ggml.model)");
    require(*model != "none" && *model != "no_vocab", where, " says that it has no tokenizer");
    text.model = *model;
    text.pre = file.text(prefix + "pre").value_or("");
    auto tokens = file.texts(prefix + "tokens");
    require(tokens && !tokens->empty(), where, " has a tokenizer without tokens");
    text.tokens = std::move(*tokens);
    text.merges = file.texts(prefix + "merges").value_or(std::vector<std::string>{});
    text.scores = detail::one_each(detail::read_scores(file, prefix + "scores"), text, where, "scores");
    for (const std::int64_t type : file.integers(prefix + "token_type").value_or(std::vector<std::int64_t>{}))
        text.token_types.push_back(type >= 0 && type <= 6 ? static_cast<int>(type) : 0);
    text.token_types = detail::one_each(std::move(text.token_types), text, where, "token types");

    const bool by_score = text.model == "llama", unigram = text.model == "t5";
    const auto size = static_cast<std::int64_t>(text.tokens.size());
    // SentencePiece puts its special tokens first; a byte-level vocabulary has no such places.
    const auto id = [&](std::string_view name, std::optional<token_id> fallback = std::nullopt) {
        const auto value = file.integer(prefix + std::string{name});
        if (value && *value >= 0 && *value < size) return value;
        return fallback && *fallback < size ? fallback : std::nullopt;
    };
    using none = std::optional<token_id>;
    text.bos = id("bos_token_id", by_score ? none{1} : none{});
    text.eos = id("eos_token_id", by_score ? none{2} : unigram ? none{1} : none{});
    text.unk = id("unknown_token_id", by_score ? none{0} : unigram ? none{2} : none{});
    text.pad = id("padding_token_id", unigram ? none{0} : none{});

    const detail::named_split* const named = detail::find_named_split(text.pre);
    const bool begins = by_score || (text.model == "gpt2" && named != nullptr && named->adds_first);
    text.add_bos = file.flag(prefix + "add_bos_token").value_or(begins);
    text.add_eos = file.flag(prefix + "add_eos_token").value_or(unigram);
    text.add_space_prefix = file.flag(prefix + "add_space_prefix").value_or(by_score);
    text.remove_extra_spaces = file.flag(prefix + "remove_extra_whitespaces").value_or(false);
    for (const std::int64_t byte : file.integers(prefix + "precompiled_charsmap").value_or(std::vector<std::int64_t>{}))
        text.character_map += static_cast<char>(byte);
    text.chat_template = file.text("tokenizer.chat_template").value_or("");

    const auto add_end = [&](const std::optional<token_id>& end) {
        if (end && std::ranges::find(text.end_ids, *end) == text.end_ids.end()) text.end_ids.push_back(*end);
    };
    add_end(text.eos), add_end(id("eot_token_id")), add_end(id("eom_token_id"));
    std::array<bool, detail::code_ends.size()> in_file{};
    for (std::size_t i = 0; i < in_file.size(); ++i) {
        const auto end = id(detail::code_ends[i].key);
        in_file[i] = end.has_value();
        add_end(end);
    }
    for (const token_id end : detail::end_ids_by_text(text.tokens, in_file)) add_end(end);
    text.end_ids = detail::without_words(std::move(text.end_ids), text.tokens);
    return text;
}

}  // namespace aha
