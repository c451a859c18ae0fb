#pragma once

#include <array>
#include <string_view>

namespace aha::detail::tokenizing {

/// The names that transformers has for special tokens, in the order in which it adds them.
inline constexpr std::array<const char*, 7> special_token_names{"bos_token", "eos_token", "unk_token", "sep_token",
                                                                "pad_token", "cls_token", "mask_token"};

/// The value of `name`: in a special_tokens_map.json, or else in a tokenizer_config.json; where the latter has
/// added_tokens_decoder, in it alone, as transformers does not read the map then. Null if it is nowhere.
template <class Json>
const Json* special_value(const Json& config, const Json& map, std::string_view name) {
    if (!config.contains("added_tokens_decoder"))
        if (const auto found = map.find(name); found != map.end()) return &*found;
    const auto found = config.find(name);
    return found == config.end() ? nullptr : &*found;
}

}  // namespace aha::detail::tokenizing
