#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aha/core/token_id.hpp>

namespace aha::detail {

/// Tokens that end a completion wherever a vocabulary has them: files seldom name the end of a turn, and llama.cpp
/// knows it by its text (llama-vocab.cpp in llama-cpp-python 0.3.36).
inline constexpr std::array<std::string_view, 22> end_texts{"<|eot_id|>",
                                                            "<|im_end|>",
                                                            "<|end|>",
                                                            "<|return|>",
                                                            "<|call|>",
                                                            "<|flush|>",
                                                            "<|calls|>",
                                                            "<end_of_turn>",
                                                            "<|endoftext|>",
                                                            "</s>",
                                                            "<|eom_id|>",
                                                            "<EOT>",
                                                            "_<EOT>",
                                                            "[EOT]",
                                                            "[EOS]",
                                                            "<|end_of_text|>",
                                                            "<end_of_utterance>",
                                                            "<eos>",
                                                            "<turn|>",
                                                            "<|tool_response>",
                                                            "<\uff5cend\u2581of\u2581sentence\uff5c>",
                                                            "[e~["};

/// A token of a model of code that ends a completion, too: the one that `key` names in the file, or else the first of
/// the vocabulary with one of these texts.
struct code_end {
    std::string_view key;
    std::array<std::string_view, 5> texts;
};
inline constexpr std::array<code_end, 3> code_ends{
    {{"fim_pad_token_id", {"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"}},
     {"fim_rep_token_id", {"<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"}},
     {"fim_sep_token_id", {"<|file_sep|>"}}}};

/// Tokens between which models of code fill a gap: control tokens, whatever files call them.
inline constexpr std::array<std::string_view, 24> gap_controls{
    "<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>",    "<\uff5cfim\u2581begin\uff5c>",
    "<PRE>",          "\u2581<PRE>",  "<|code_prefix|>", "<|prefix|>",
    "<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>",    "<\uff5cfim\u2581hole\uff5c>",
    "<SUF>",          "\u2581<SUF>",  "<|code_suffix|>", "<|suffix|>",
    "<|fim_middle|>", "<fim-middle>", "<fim_middle>",    "<\uff5cfim\u2581end\uff5c>",
    "<MID>",          "\u2581<MID>",  "<|code_middle|>", "<|middle|>"};

/// Tokens that are shown with the text although files call them control tokens.
inline constexpr std::array<std::string_view, 4> shown_controls{"<|channel|>", "<|message|>", "<|start|>",
                                                                "<|constrain|>"};

/// True if `text` is one of `texts`, of which an empty one is none.
template <std::size_t Size>
constexpr bool is_among(std::string_view text, const std::array<std::string_view, Size>& texts) {
    return !text.empty() && std::ranges::find(texts, text) != texts.end();
}

/// The ids of a vocabulary that end a completion for their text, in the order of the vocabulary. `named[i]` says that
/// the file names the token of `code_ends[i]`.
inline std::vector<token_id> end_ids_by_text(std::span<const std::string> tokens,
                                             std::array<bool, code_ends.size()> named = {}) {
    std::vector<token_id> ids;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const std::string& text = tokens[i];
        // Vocabularies are large and such tokens few: most are passed over for their first letter.
        if (text.empty() || (text[0] != '<' && text[0] != '[' && text[0] != '_')) continue;
        bool ends = is_among(text, end_texts);
        for (std::size_t k = 0; k < code_ends.size(); ++k)
            if (!named[k] && is_among(text, code_ends[k].texts)) named[k] = ends = true;
        if (ends) ids.push_back(static_cast<token_id>(i));
    }
    return ids;
}

/// `ids` without those that end no completion beside others: where a call or a return ends a turn, <|end|> only ends a
/// message in it; where there is <|tool_response>, </s> is a word.
inline std::vector<token_id> without_words(std::vector<token_id> ids, std::span<const std::string> tokens) {
    const auto text = [&](token_id id) -> std::string_view { return tokens[static_cast<std::size_t>(id)]; };
    const auto has = [&](std::string_view sought) {
        return std::ranges::any_of(ids, [&](token_id id) { return text(id) == sought; });
    };
    const bool within_turn = (has("<|call|>") || has("<|calls|>")) && (has("<|return|>") || has("<|flush|>"));
    const bool is_word = has("<|tool_response>");
    std::erase_if(
        ids, [&](token_id id) { return (within_turn && text(id) == "<|end|>") || (is_word && text(id) == "</s>"); });
    return ids;
}

}  // namespace aha::detail
