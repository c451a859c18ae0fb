#pragma once

#include <optional>
#include <string>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/token_id.hpp>
#include <aha/pretrained/gguf.hpp>

namespace aha {

/// What a GGUF file says about its tokenizer.
struct gguf_text {
    std::string model{};                ///< "gpt2": byte-level BPE; "llama": BPE by scores; "t5": Unigram
    std::string pre{};                  ///< names the pre-tokenizer of "gpt2": "smollm", "qwen2", "llama-bpe", ...
    std::vector<std::string> tokens{};  ///< [V]; for "gpt2" in the byte alphabet of GPT-2, else with U+2581 for spaces
    std::vector<std::string> merges{};  ///< of "gpt2": "left right", first come first
    std::vector<double> scores{};       ///< [V] of the other kinds, or empty: a higher one is preferred
    std::vector<int>
        token_types{};  ///< [V] 1 ordinary, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; or empty
    std::optional<token_id> bos{}, eos{}, unk{}, pad{};  ///< special tokens by their part, where there are such
    bool add_bos = false, add_eos = false;               ///< whether a text begins with `bos`, and ends with `eos`
    bool add_space_prefix = false;                       ///< whether a text begins with a space that it lacks
    bool remove_extra_spaces = false;  ///< of "t5": whether several spaces are one, and none ends a text
    std::string character_map{};       ///< of "t5": SentencePiece's precompiled normalization; or empty
    std::string chat_template{};       ///< Jinja; empty if there is none
    std::vector<token_id>
        end_ids{};  ///< what ends a completion: eos, end of turn and of message, and others by their text
};

namespace detail {

/// The list under `key`, cut to the tokens that there are. Throws `aha::error` if it is too short.
template <class Value>
std::vector<Value> one_each(std::vector<Value> list, const gguf_text& text, const std::string& where,
                            const char* what) {
    require(list.empty() || list.size() == text.tokens.size(), where, ": ", list.size(), " ", what, " do not go with ",
            text.tokens.size(), " tokens");
    return list;
}

}  // namespace detail

/// Takes the tokenizer out of a file's metadata, with llama.cpp's meaning of what is absent: a vocabulary of scores
/// begins texts with its first token, of byte-level ones those that `detail::named_splits` says; an id beyond the
/// vocabulary (files have 4294967295 for none) is none. Throws `aha::error` if there is no tokenizer, or a list does
/// not go with the tokens.
gguf_text read_gguf_text(const gguf_file& file);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/pretrained/gguf_text.ipp>
#endif
