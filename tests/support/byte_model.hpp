#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <aha/model/initialize.hpp>
#include <aha/text/byte_tokenizer.hpp>
#include <aha/text/chat_template.hpp>
#include <aha/pretrained/pretrained.hpp>
#include <tests/support/small_decoder.hpp>

namespace aha::test {

/// A small decoder that reads and writes bytes, in a context of 96 of them, with weights that are the same every time.
inline pretrained<decoder<>, byte_tokenizer> byte_model() {
    decoder_config config = small_config();
    config.vocabulary_size = 257;
    config.context = 96;
    decoder<> model{config};
    initialize(model, 5, 0.1);
    return {std::move(model), byte_tokenizer{}, std::nullopt};
}

/// All tokens of a byte model but those of the given bytes, and the end.
inline std::vector<std::int64_t> all_bytes_but(std::string_view kept) {
    std::vector<std::int64_t> others;
    for (std::int64_t id = 0; id < 256; ++id)
        if (kept.find(static_cast<char>(id)) == std::string_view::npos) others.push_back(id);
    return others;
}

}  // namespace aha::test
