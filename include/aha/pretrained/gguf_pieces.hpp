#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/files/utf8.hpp>
#include <aha/pretrained/gguf_text.hpp>

/// The vocabularies of SentencePiece in a GGUF file, as tokenizer.json says them: pieces have scores, and U+2581 is a
/// space.
namespace aha::detail {

inline constexpr std::string_view piece_space = "\u2581";

/// A merge of two tokens into a third, and what it is ranked by.
struct scored_merge {
    double score = 0;
    std::size_t left_length = 0, right_length = 0;  // characters
    std::int64_t left = 0, right = 0;
};

/// The merges that scores imply: every way to put a token together from two others, the best score first. Among equal
/// ones it is as transformers 5.23 has it: the longer left part first, then the longer right part, then the file's
/// order. Throws `aha::error` for a token too long to be one of SentencePiece's.
inline std::vector<scored_merge> merges_of_scores(const gguf_text& text) {
    constexpr std::size_t longest = 1024;  // bytes: a token of n bytes is cut in n places, and each part looked for
    std::unordered_map<std::string_view, std::int64_t> ids;
    ids.reserve(text.tokens.size());
    for (std::size_t i = 0; i < text.tokens.size(); ++i) ids.emplace(text.tokens[i], static_cast<std::int64_t>(i));
    std::vector<scored_merge> merges;
    for (std::size_t i = 0; i < text.tokens.size(); ++i) {
        const std::string_view whole = text.tokens[i];
        require(whole.size() <= longest, "the GGUF tokenizer has a token of ", whole.size(), " bytes (at most ",
                longest, " are supported): ", shown_name(text.tokens[i]));
        std::vector<std::size_t> starts;  // of the characters after the first
        for (std::size_t at = utf8::unit_at(whole, 0).size; at < whole.size(); at += utf8::unit_at(whole, at).size)
            starts.push_back(at);
        const std::size_t first_merge = merges.size();
        for (std::size_t n = 0; n < starts.size(); ++n) {
            const auto left = ids.find(whole.substr(0, starts[n]));
            if (left == ids.end()) continue;
            const auto right = ids.find(whole.substr(starts[n]));
            if (right == ids.end()) continue;
            merges.push_back({text.scores[i], n + 1, starts.size() - n, left->second, right->second});
        }
        std::sort(merges.begin() + static_cast<std::ptrdiff_t>(first_merge), merges.end(),
                  [](const auto& a, const auto& b) { return std::tie(a.left, a.right) < std::tie(b.left, b.right); });
    }
    std::ranges::stable_sort(merges, [](const scored_merge& a, const scored_merge& b) {
        return std::tie(a.score, a.left_length, a.right_length) > std::tie(b.score, b.left_length, b.right_length);
    });
    return merges;
}

/// Four letters for three bytes: RFC 4648, section 4.
inline std::string base64(std::string_view bytes) {
    constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const auto byte = [&](std::size_t i) {
            return at + i < bytes.size() ? std::uint32_t{static_cast<std::uint8_t>(bytes[at + i])} : 0U;
        };
        const std::uint32_t three = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (std::size_t i = 0; i < 4; ++i) text += at + i <= bytes.size() ? letters[three >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

inline nlohmann::json replace_step(const char* kind, std::string_view pattern, std::string_view content) {
    return {{"type", "Replace"}, {"pattern", {{kind, pattern}}}, {"content", content}};
}

/// From a text with spaces to one with U+2581, with a first one that it may lack.
inline nlohmann::json piece_normalizer(const gguf_text& text) {
    auto steps = nlohmann::json::array();
    if (!text.character_map.empty())
        steps.push_back({{"type", "Precompiled"}, {"precompiled_charsmap", base64(text.character_map)}});
    if (text.remove_extra_spaces) {
        steps.push_back(replace_step("Regex", R"(\A +| +\z)", ""));
        steps.push_back(replace_step("Regex", " {2,}", " "));
    }
    if (text.add_space_prefix) steps.push_back({{"type", "Prepend"}, {"prepend", piece_space}});
    steps.push_back(replace_step("String", " ", piece_space));
    return {{"type", "Sequence"}, {"normalizers", std::move(steps)}};
}

/// From pieces back to a text.
inline nlohmann::json piece_decoder(const gguf_text& text, bool bytes) {
    auto steps = nlohmann::json::array({replace_step("String", piece_space, " ")});
    if (bytes) steps.push_back({{"type", "ByteFallback"}});
    steps.push_back({{"type", "Fuse"}});
    if (text.add_space_prefix) steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1U}, {"stop", 0U}});
    return {{"type", "Sequence"}, {"decoders", std::move(steps)}};
}

/// The model of a vocabulary of the kind "t5".
inline nlohmann::json unigram_json(const gguf_text& text) {
    auto pieces = nlohmann::json::array();
    for (std::size_t i = 0; i < text.tokens.size(); ++i) {
        // SentencePiece always prefers a token that its user has defined.
        const bool user = !text.token_types.empty() && text.token_types[i] == 4;
        pieces.push_back(nlohmann::json::array({text.tokens[i], user ? 0.0 : text.scores[i]}));
    }
    nlohmann::json model = {
        {"type", "Unigram"}, {"unk_id", nullptr}, {"vocab", std::move(pieces)}, {"byte_fallback", false}};
    if (text.unk) model["unk_id"] = *text.unk;
    return model;
}

}  // namespace aha::detail
