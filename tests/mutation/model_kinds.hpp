#pragma once

#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aha/model/pack.hpp>
#include <aha/loss/chunked_log_probs.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <aha/pretrained/pretrained_reward_model.hpp>

#include <tests/mutation/folder_seeds.hpp>
#include <tests/mutation/gguf_seeds.hpp>
#include <tests/mutation/tokenizer_kind.hpp>

namespace mutation {

/// Loads a model as programs do, scores ten tokens, encodes a text, and writes some of the models to load them again.
inline void use_model(const fs::path& place, const fs::path& saved, bool save) {
    const auto model = aha::load_decoder(place);
    const at::NoGradGuard no_gradients;
    std::vector<aha::token_id> ids;
    for (std::int64_t i = 0; i < std::min<std::int64_t>(10, model.model.context()); ++i)
        ids.push_back(i * 37 % model.model.config().vocabulary_size);
    if (ids.size() > 1) {
        const aha::token_group text{std::span{ids}.first(1), {std::span{ids}.subspan(1)}};
        const aha::packed_groups packed = aha::pack_groups(std::span{&text, 1});
        const at::Tensor hidden = model.model.hidden(packed.batch).index_select(0, packed.predictions.rows);
        (void)aha::compute_log_probs(hidden, model.model.head(), packed.predictions.targets)
            .log_probs.sum()
            .item<float>();
    }
    (void)model.tokenizer.decode(model.tokenizer.encode_with_special(texts().front()));
    if (!save) return;
    aha::save_pretrained(model, saved);
    (void)aha::load_decoder(saved);
    (void)aha::load_reward_model(place, {.fresh_head = true});
}

inline kind folder_kind() {
    return {"folder", [](chances& chance) { return damaged_folder(chance); },
            [](const files& input, const fs::path& folder) {
                use_model(folder, folder / "saved",
                          input.contains("config.json") && input.at("config.json").size() % 8 == 0);
            }};
}

inline kind gguf_kind() {
    return {"gguf",
            [](chances& chance) {
                return files{{"model.gguf", chance.one_in(50) ? a_gguf(chance, true).bytes()
                                                              : damaged_gguf(a_gguf(chance, true), chance)}};
            },
            [](const files& input, const fs::path& folder) {
                use_model(folder / "model.gguf", folder / "saved", input.at("model.gguf").size() % 256 == 0);
            }};
}

}  // namespace mutation
