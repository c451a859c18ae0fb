#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/shown_name.hpp>
#include <aha/core/token_id.hpp>
#include <aha/model/files/gguf.hpp>

namespace aha {

/// What a GGUF file says about its tokenizer.
struct gguf_text {
    std::string model;                ///< "gpt2" is byte-level BPE
    std::string pre;                  ///< names the pre-tokeniser: "smollm", "qwen2", "llama-bpe", ...
    std::vector<std::string> tokens;  ///< [V] in the byte alphabet of GPT-2
    std::vector<std::string> merges;  ///< "left right", first come first
    std::vector<int> token_types;     ///< [V] 1 ordinary, 3 control, 4 user-defined, 5 unused, 6 byte; or empty
    std::optional<token_id> bos, eos, unk, pad;  ///< special tokens by their part, where there are such
    bool add_bos = false;                        ///< whether a text begins with `bos`
    std::string chat_template;                   ///< Jinja; empty if there is none
    std::vector<token_id> end_ids;               ///< eos, then end of turn and end of message where the file has them
};

/// Takes the tokenizer out of a file's metadata. Throws `aha::error` if there is none, or an id is beyond the
/// vocabulary.
inline gguf_text read_gguf_text(const gguf_file& file) {
    const std::string where = file.path().string(), prefix = "tokenizer.ggml.";
    gguf_text text;
    const auto model = file.text(prefix + "model");
    require(model.has_value(), where, " has no tokenizer (no tokenizer.ggml.model)");
    text.model = *model;
    text.pre = file.text(prefix + "pre").value_or("");
    auto tokens = file.texts(prefix + "tokens");
    require(tokens && !tokens->empty(), where, " has a tokenizer without tokens");
    text.tokens = std::move(*tokens);
    text.merges = file.texts(prefix + "merges").value_or(std::vector<std::string>{});
    for (const std::int64_t type : file.integers(prefix + "token_type").value_or(std::vector<std::int64_t>{}))
        text.token_types.push_back(static_cast<int>(type));
    require(text.token_types.empty() || text.token_types.size() == text.tokens.size(), where, ": ",
            text.token_types.size(), " token types do not go with ", text.tokens.size(), " tokens");
    const auto id = [&](const char* name) {
        const auto value = file.integer(prefix + name);
        require(!value || (*value >= 0 && *value < static_cast<std::int64_t>(text.tokens.size())), where, ": ", prefix,
                name, " ", value.value_or(0), " is not in the vocabulary of ", text.tokens.size());
        return value;
    };
    text.bos = id("bos_token_id");
    text.eos = id("eos_token_id");
    text.unk = id("unknown_token_id");
    text.pad = id("padding_token_id");
    text.add_bos = file.flag(prefix + "add_bos_token").value_or(false);
    text.chat_template = file.text("tokenizer.chat_template").value_or("");
    for (const auto& end : {text.eos, id("eot_token_id"), id("eom_token_id")})
        if (end && std::ranges::find(text.end_ids, *end) == text.end_ids.end()) text.end_ids.push_back(*end);
    return text;
}

}  // namespace aha
