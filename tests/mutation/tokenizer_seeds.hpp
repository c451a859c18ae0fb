#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/text/byte_alphabet.hpp>

#include <tests/mutation/damaged_json.hpp>

/// Small tokenizers of the kinds that models come with, put together of parts at random.
namespace mutation {

/// What the tokenizers' own tests and users write: scripts, marks, special tokens, runs that make slow readers slow.
inline const std::vector<std::string>& texts() {
    static const std::vector<std::string> all{
        "Hello, world! It's 12345 + 67 = 3.14 <s>the<|im_end|>\n\n  def f(x):\r\n\treturn x\n",
        "e\u0301\u00e9 \u1100\u1161\u11a8 \u4e2d\u6587\u3002 \u0645\u0631\u062d\u0628\u0627 "
        "\U0001F468\u200D\U0001F469\u200D\U0001F467 \u01c6\u00df\u0130 \uFB01\u2460",
        "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n<think>\n</think></s><unk><0x41>",
        "\xff\xc3(\xe2\x82 \xed\xa0\x80 a\xf0\x9f\x98",
        std::string{"a\0b", 3},
        "",
        " ",
        std::string(1500, 'a'),
        std::string(1500, ' ') + "x",
        [] {
            std::string text;
            for (int i = 0; i < 300; ++i) text += "ab 1" + std::to_string(i) + "\n";
            return text;
        }(),
        std::string(400, '.') + "\u0301" + std::string(400, '\n'),
    };
    return all;
}

namespace detail {

inline json special(int id, const char* content, bool is_special = true) {
    return {{"id", id},        {"content", content},        {"single_word", false}, {"lstrip", false},
            {"rstrip", false}, {"normalized", !is_special}, {"special", is_special}};
}

inline json split(const char* pattern, const char* behavior, bool invert = false) {
    return {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", behavior}, {"invert", invert}};
}

inline json byte_level(bool prefix = false, bool regex = true) {
    return {{"type", "ByteLevel"}, {"add_prefix_space", prefix}, {"trim_offsets", true}, {"use_regex", regex}};
}

inline json sequence(const char* of, std::vector<json> parts) { return {{"type", "Sequence"}, {of, std::move(parts)}}; }

inline constexpr const char* long_pattern =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| "
    "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

inline json metaspace() {
    return {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "first"}, {"split", false}};
}

/// Text of any bytes, as JSON holds them (RFC 4648).
inline std::string base64(std::string_view bytes) {
    const std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t three = 0;
        for (std::size_t n = 0; n < 3; ++n)
            three = three << 8 | (i + n < bytes.size() ? static_cast<unsigned char>(bytes[i + n]) : 0U);
        for (std::size_t n = 0; n < 4; ++n) text += i + n <= bytes.size() ? digits[(three >> (18 - 6 * n)) & 63] : '=';
    }
    return text;
}

/// SentencePiece's table of replacements: the size of a trie, its units, and texts that end in a zero. Units point
/// anywhere.
inline json a_charsmap(chances& chance) {
    std::string units;
    const std::size_t count = 256 * (1 + chance.below(2));
    for (std::size_t i = 0; i < count; ++i) {
        const auto offset = static_cast<std::uint32_t>(chance.below(chance.one_in(20) ? 1U << 21 : count));
        const auto label = static_cast<std::uint32_t>(chance.one_in(2) ? i & 0xff : chance.below(256));
        units += raw(offset << 10 | static_cast<std::uint32_t>(chance.below(8)) << 8 | label);
    }
    const std::string texts{"\0a\0bc\0\xc3\xa4\0x", 10};
    const std::uint32_t lie = chance.one_in(6) ? static_cast<std::uint32_t>(chance.pick(extreme_numbers)) : 0;
    return {{"type", "Precompiled"},
            {"precompiled_charsmap", base64(raw(static_cast<std::uint32_t>(units.size()) + lie) + units + texts)}};
}

inline json a_normalizer(chances& chance) {
    if (chance.one_in(6)) return a_charsmap(chance);
    const json replace = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\u2581"}};
    const std::vector<json> all{
        nullptr,
        nullptr,
        {{"type", "NFC"}},
        {{"type", "NFKC"}},
        {{"type", "NFD"}},
        {{"type", "NFKD"}},
        {{"type", "Lowercase"}},
        {{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}},
        {{"type", "StripAccents"}},
        {{"type", "Prepend"}, {"prepend", "\u2581"}},
        replace,
        {{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", " "}},
        sequence("normalizers", {{{"type", "Prepend"}, {"prepend", "\u2581"}}, replace}),
        sequence("normalizers", {{{"type", "NFD"}}, {{"type", "Lowercase"}}, {{"type", "StripAccents"}}}),
        {{"type", "BertNormalizer"},
         {"clean_text", true},
         {"handle_chinese_chars", true},
         {"strip_accents", nullptr},
         {"lowercase", true}}};
    return chance.pick(all);
}

inline json a_pre_tokenizer(chances& chance) {
    const std::vector<json> all{
        nullptr,
        byte_level(),
        byte_level(true),
        sequence("pretokenizers", {split(long_pattern, "Isolated"), byte_level(false, false)}),
        sequence("pretokenizers", {{{"type", "Digits"}, {"individual_digits", true}}, byte_level()}),
        sequence("pretokenizers",
                 {split("\\p{N}{1,3}", "Isolated"), split("[\u4e00-\u9fa5\u3040-\u30ff]+", "Isolated"),
                  split("[!-/:-~]+[A-Za-z]+|[^\\s]+", "MergedWithPrevious", true), byte_level(false, false)}),
        split("[a-z&&[^aeiou]]+", "Removed"),
        split("(\\s)(?=\\S)", "MergedWithNext"),
        split("a|b", "Contiguous"),
        {{"type", "Whitespace"}},
        {{"type", "WhitespaceSplit"}},
        {{"type", "BertPreTokenizer"}},
        metaspace(),
        {{"type", "Punctuation"}, {"behavior", "Isolated"}},
        {{"type", "CharDelimiterSplit"}, {"delimiter", "a"}},
        {{"type", "FixedLength"}, {"length", 5}},
        {{"type", "UnicodeScripts"}}};
    return chance.pick(all);
}

inline json a_decoder(chances& chance) {
    const std::vector<json> all{
        nullptr,
        byte_level(),
        byte_level(true),
        sequence("decoders", {byte_level(), {{"type", "Fuse"}}}),
        metaspace(),
        sequence("decoders", {{{"type", "Replace"}, {"pattern", {{"String", "\u2581"}}}, {"content", " "}},
                              {{"type", "ByteFallback"}},
                              {{"type", "Fuse"}},
                              {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}}),
        {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}},
        {{"type", "BPEDecoder"}, {"suffix", "</w>"}}};
    return chance.pick(all);
}

inline json a_post_processor(chances& chance) {
    const json piece = {{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
               text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
    const json frame = {{"type", "TemplateProcessing"},
                        {"single", {piece, text}},
                        {"pair", {piece, text}},
                        {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", {260}}, {"tokens", {"<s>"}}}}}}};
    const std::vector<json> all{nullptr, byte_level(), frame, sequence("processors", {byte_level(), frame})};
    return chance.pick(all);
}

/// A model of byte pairs: in the byte alphabet, or, with `pieces`, in characters with a fallback to bytes.
inline json pairs_model(chances& chance, bool pieces) {
    json vocabulary = json::object(), merges = json::array();
    const auto add = [&](const std::string& token) { vocabulary.emplace(token, vocabulary.size()); };
    if (pieces) {
        add("<unk>");
        const char digits[] = "0123456789ABCDEF";
        for (int i = 0; i < 256 - 60; ++i) add(std::string{"<0x"} + digits[i / 16] + digits[i % 16] + ">");
        for (char c = ' '; c <= '~' && vocabulary.size() < 250; ++c) add(std::string(1, c));
        add("\u2581");
    } else {
        for (int i = 0; i < 256; ++i) add(aha::byte_alphabet::spell(std::string(1, static_cast<char>(i))));
    }
    const std::string space = pieces ? "\u2581" : "\u0120";
    const std::vector<std::pair<std::string, std::string>> joins{{"a", "b"}, {"h", "e"},   {"t", "he"}, {space, "the"},
                                                                 {"a", "a"}, {"aa", "aa"}, {"1", "2"},  {space, space}};
    const bool in_lists = chance.one_in(2);
    for (const auto& [left, right] : joins) {
        for (const auto& part : {left, right, left + right}) add(part);
        merges.push_back(in_lists ? json::array({left, right}) : json(left + " " + right));
    }
    return {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", pieces ? json("<unk>") : json(nullptr)},
            {"continuing_subword_prefix", nullptr},
            {"end_of_word_suffix", nullptr},
            {"fuse_unk", pieces},
            {"byte_fallback", pieces},
            {"ignore_merges", chance.one_in(3)},
            {"vocab", std::move(vocabulary)},
            {"merges", std::move(merges)}};
}

inline json unigram_model() {
    json vocabulary = json::array({{"<unk>", 0.0}, {"\u2581", -2.0}, {"\u2581the", -3.5}, {"ab", -4.25}});
    for (char c = '!'; c <= '~'; ++c) vocabulary.push_back({std::string(1, c), -5.0 - 0.01 * c});
    return {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", std::move(vocabulary)}, {"byte_fallback", false}};
}

inline json words_model() {
    json vocabulary = json::object();
    for (const char* word : {"<unk>", "the", "a", "ab", "Hello", ",", "!", "def", "x", "return", "12345"})
        vocabulary.emplace(word, vocabulary.size());
    return {{"type", "WordLevel"}, {"vocab", std::move(vocabulary)}, {"unk_token", "<unk>"}};
}

}  // namespace detail

/// The tokenizers that the tests of tokenizers read: of the kinds of released ones.
inline const std::vector<json>& recorded_tokenizers() {
    static const std::vector<json> all = [] {
        std::vector<std::filesystem::path> paths;
        const std::filesystem::path folder = std::filesystem::path{AHA_TEST_DATA} / "text/data/tokenizers";
        for (const auto& entry : std::filesystem::recursive_directory_iterator{folder})
            if (entry.path().extension() == ".json") paths.push_back(entry.path());
        std::ranges::sort(paths);  // a folder has no order of its own
        std::vector<json> found;
        for (const auto& path : paths) {
            json file = json::parse(std::ifstream{path});
            if (!file.is_object() || !file.contains("model")) continue;
            file.erase("golden");
            found.push_back(std::move(file));
        }
        return found;
    }();
    return all;
}

/// A tokenizer.json: whole kinds as released ones are, or parts that nobody put together before.
inline json a_tokenizer(chances& chance) {
    if (chance.one_in(4)) return chance.pick(recorded_tokenizers());
    json added = json::array();
    const char* const names[] = {"<s>", "</s>", "<|im_start|>", "<|im_end|>", "<think>", "<pad>"};
    int id = 300;
    for (const char* name : names) added.push_back(detail::special(id++, name, std::string{name} != "<think>"));
    json file = {{"version", "1.0"},          {"truncation", nullptr},
                 {"padding", nullptr},        {"added_tokens", std::move(added)},
                 {"normalizer", nullptr},     {"pre_tokenizer", nullptr},
                 {"post_processor", nullptr}, {"decoder", nullptr}};
    switch (chance.below(6)) {
        case 0:
            file["normalizer"] = detail::sequence(
                "normalizers", {{{"type", "Prepend"}, {"prepend", "\u2581"}},
                                {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\u2581"}}});
            file["decoder"] = detail::sequence(
                "decoders", {{{"type", "Replace"}, {"pattern", {{"String", "\u2581"}}}, {"content", " "}},
                             {{"type", "ByteFallback"}},
                             {{"type", "Fuse"}},
                             {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}}});
            file["model"] = detail::pairs_model(chance, true);
            break;
        case 1:
            file["normalizer"] = {{"type", "NFKC"}};
            file["pre_tokenizer"] = file["decoder"] = detail::metaspace();
            file["model"] = detail::unigram_model();
            break;
        case 2:
            file["pre_tokenizer"] = {{"type", "Whitespace"}};
            file["model"] = detail::words_model();
            break;
        default:
            file["normalizer"] = chance.one_in(2) ? json{{"type", "NFC"}} : json(nullptr);
            file["pre_tokenizer"] = detail::sequence(
                "pretokenizers", {detail::split(detail::long_pattern, "Isolated"), detail::byte_level(false, false)});
            file["decoder"] = detail::byte_level();
            file["model"] = detail::pairs_model(chance, false);
    }
    if (chance.one_in(2)) file["post_processor"] = detail::a_post_processor(chance);
    if (chance.one_in(3)) file["pre_tokenizer"] = detail::a_pre_tokenizer(chance);
    if (chance.one_in(4)) file["normalizer"] = detail::a_normalizer(chance);
    if (chance.one_in(4)) file["decoder"] = detail::a_decoder(chance);
    return file;
}

/// The file beside it that says which tokens are special, and may hold the template.
inline json a_tokenizer_config(chances& chance) {
    json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                   {"bos_token", "<s>"},
                   {"eos_token", "<|im_end|>"},
                   {"add_bos_token", true},
                   {"model_max_length", 64}};
    if (chance.one_in(2)) config["eos_token"] = {{"__type", "AddedToken"}, {"content", "</s>"}, {"lstrip", false}};
    if (chance.one_in(2))
        config["added_tokens_decoder"] = {{"300", {{"content", "<s>"}, {"special", true}}},
                                          {"305", {{"content", "<pad>"}}}};
    if (chance.one_in(2))
        config["chat_template"] =
            "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m['content'] }}{{ eos_token }}{% endfor %}";
    if (chance.one_in(6))
        config["chat_template"] = json::array({{{"name", "default"}, {"template", "{{ messages }}"}},
                                               {{"name", "tool_use"}, {"template", "{{ tools }}"}}});
    return config;
}

}  // namespace mutation
