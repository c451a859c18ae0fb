#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include <aha/text/stream_decoder.hpp>
#include <aha/text/tokenizer_json.hpp>

#include <tests/mutation/run.hpp>
#include <tests/mutation/tokenizer_seeds.hpp>

namespace mutation {

/// Encodes and decodes with a tokenizer in all ways. Throws `aha::error` for what it refuses, and for nothing else.
template <class Tokenizer>
void use_tokenizer(const Tokenizer& tokenizer) {
    for (const std::string& text : texts()) {
        const auto ids = tokenizer.encode(text);
        (void)tokenizer.decode(tokenizer.encode_with_special(text), false);
        (void)tokenizer.decode(ids);
        aha::stream_decoder streamed{tokenizer};
        for (const auto id : std::span{ids}.first(std::min<std::size_t>(ids.size(), 60))) (void)streamed.push(id);
        (void)streamed.finish();
    }
    for (std::int64_t id = 0; id < std::min<std::int64_t>(tokenizer.vocabulary_size(), 400); ++id)
        (void)tokenizer.token_bytes(id);
    (void)tokenizer.end_ids();
    (void)tokenizer.bos();
}

inline kind tokenizer_kind() {
    return {"tokenizer",
            [](chances& chance) {
                const json whole = a_tokenizer(chance), other = a_tokenizer(chance),
                           config = a_tokenizer_config(chance);
                files input{
                    {"tokenizer.json", chance.one_in(20) ? dumped(whole) : damaged_json_file(whole, chance, other)}};
                if (chance.one_in(2))
                    input["tokenizer_config.json"] =
                        chance.one_in(2) ? damaged_json_file(config, chance, whole) : dumped(config);
                const json ends = {{"bos_token_id", 300}, {"eos_token_id", {301, 303}}, {"pad_token_id", 305}};
                for (const char* name : {"config.json", "generation_config.json"})
                    if (chance.one_in(4)) input[name] = damaged_json_file(ends, chance, config);
                if (chance.one_in(8))
                    input["special_tokens_map.json"] =
                        damaged_json_file({{"bos_token", "<s>"}, {"eos_token", {{"content", "</s>"}}}}, chance, config);
                if (chance.one_in(8))
                    input["added_tokens.json"] = damaged_json_file({{"<tool>", 310}, {"</tool>", 311}}, chance, config);
                return input;
            },
            [](const files&, const fs::path& folder) {
                use_tokenizer(aha::load_tokenizer_json(folder / "tokenizer.json"));
            }};
}

}  // namespace mutation
