#pragma once

#include <nlohmann/json.hpp>

#include <aha/pretrained/gguf.hpp>
#include <aha/pretrained/gguf_text.hpp>
#include <aha/pretrained/tokenizer_from_gguf.hpp>
#include <aha/text/chat_template.hpp>

#include <tests/mutation/gguf_seeds.hpp>
#include <tests/mutation/tokenizer_kind.hpp>

namespace mutation {

/// A GGUF file's metadata: its tokenizer and its template, without tensors.
inline kind gguf_text_kind() {
    return {
        "gguf_text",
        [](chances& chance) {
            return files{{"model.gguf", damaged_gguf(a_gguf(chance, chance.one_in(8)), chance)}};
        },
        [](const files&, const fs::path& folder) {
            const aha::gguf_text text = aha::read_gguf_text(aha::gguf_file{folder / "model.gguf"});
            use_tokenizer(aha::make_tokenizer(aha::tokenizer_json(text), {.end_ids = text.end_ids, .bos = text.bos}));
            (void)aha::tokenizer_config_json(text, 64);
            if (!text.chat_template.empty()) (void)aha::chat_template{text.chat_template};
        }};
}

}  // namespace mutation
