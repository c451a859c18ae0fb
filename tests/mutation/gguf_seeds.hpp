#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <aha/text/byte_alphabet.hpp>

#include <tests/mutation/conversations.hpp>
#include <tests/mutation/gguf_image.hpp>

/// Small GGUF files of the kinds that models come in.
namespace mutation {

namespace detail {

/// Numbers of a tensor: bytes below 0x3c, of which no float type makes an infinity or a NaN.
inline std::string tame_bytes(std::size_t size, chances& chance) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; i += 8) {
        const std::uint64_t drawn = chance.next();
        for (std::size_t n = i; n < std::min(size, i + 8); ++n)
            bytes[n] = static_cast<char>(((drawn >> (8 * (n - i))) & 0xff) % 0x3c);
    }
    return bytes;
}

/// A way to pack numbers: its number in the file, numbers and bytes of a block.
struct packing {
    std::uint32_t id, elements, bytes;
};
inline constexpr packing packings[] = {
    {0, 1, 4},      {1, 1, 2},      {30, 1, 2},    {2, 32, 18},   {3, 32, 20},    {6, 32, 22},    {7, 32, 24},
    {8, 32, 34},    {20, 32, 18},   {39, 32, 17},  {10, 256, 84}, {11, 256, 110}, {12, 256, 144}, {13, 256, 176},
    {14, 256, 210}, {23, 256, 136}, {34, 256, 54}, {35, 256, 66}, {16, 256, 66},  {17, 256, 74},  {18, 256, 98},
    {19, 256, 50},  {21, 256, 110}, {22, 256, 82}, {29, 256, 56}, {40, 64, 36},   {41, 128, 18},  {42, 64, 18}};

inline std::vector<std::string> gguf_tokens(bool pieces, std::vector<std::string>& merges,
                                            std::vector<std::int32_t>& types) {
    std::vector<std::string> tokens;
    const auto add = [&](std::string token, std::int32_t type) {
        tokens.push_back(std::move(token));
        types.push_back(type);
    };
    if (pieces) {
        add("<unk>", 2), add("<s>", 3), add("</s>", 3);
        const char digits[] = "0123456789ABCDEF";
        for (int i = 0; i < 256; ++i) add(std::string{"<0x"} + digits[i / 16] + digits[i % 16] + ">", 6);
        for (const char* piece : {"\u2581", "\u2581t", "he", "\u2581the", "a", "b", "ab", "1", "2", "12"})
            add(piece, 1);
    } else {
        for (int i = 0; i < 256; ++i) add(aha::byte_alphabet::spell(std::string(1, static_cast<char>(i))), 1);
        for (const auto& [left, right] : std::vector<std::pair<std::string, std::string>>{
                 {"a", "b"}, {"h", "e"}, {"t", "he"}, {"\u0120", "the"}, {"1", "2"}}) {
            merges.push_back(left + " " + right);
            add(left + right, 1);
        }
        add("<s>", 3), add("</s>", 3);
    }
    add("<|im_end|>", 3), add("<|eot_id|>", 3), add("<think>", 4), add("[PAD]", 5);
    return tokens;
}

}  // namespace detail

/// A model in a GGUF file: one layer, some 280 tokens.
/// @param weights false leaves the tensors out
inline gguf_image a_gguf(chances& chance, bool weights) {
    gguf_image image;
    const char* const families[] = {"llama", "qwen2", "qwen3"};
    const std::string family = chance.pick(families), own = family + ".";
    const bool pieces = chance.one_in(4);
    std::vector<std::string> merges;
    std::vector<std::int32_t> types;
    const std::vector<std::string> tokens = detail::gguf_tokens(pieces, merges, types);
    const std::size_t end = tokens.size();
    const detail::packing& packing = chance.pick(detail::packings);
    const std::uint64_t width = packing.elements > 32 ? 256 : 32;
    const auto head = static_cast<std::uint32_t>(width / 2);

    image.add("general.architecture", std::string_view{family});
    image.add("general.alignment", std::uint32_t{32});
    image.add(own + "embedding_length", static_cast<std::uint32_t>(width));
    image.add(own + "feed_forward_length", static_cast<std::uint32_t>(width));
    image.add(own + "block_count", std::uint32_t{1});
    image.add(own + "context_length", std::uint32_t{64});
    image.add(own + "attention.head_count", std::uint32_t{2});
    image.add(own + "attention.head_count_kv", std::uint32_t{1});
    image.add(own + "attention.key_length", head);
    image.add(own + "attention.value_length", head);
    image.add(own + "attention.layer_norm_rms_epsilon", 1e-5F);
    image.add(own + "rope.freq_base", 10000.0F);
    if (chance.one_in(2)) image.add(own + "rope.dimension_count", head);
    if (chance.one_in(4)) {
        const char* const scalings[] = {"none", "linear", "yarn"};
        image.add(own + "rope.scaling.type", std::string_view{chance.pick(scalings)});
        image.add(own + "rope.scaling.factor", 2.0F);
        image.add(own + "rope.scaling.original_context_length", std::uint32_t{32});
    }
    const char* const pre[] = {"smollm", "qwen2", "llama-bpe", "gpt-2", "default", "deepseek-r1-qwen", "tekken"};
    image.add("tokenizer.ggml.model", std::string_view{pieces ? "llama" : "gpt2"});
    if (!pieces) image.add("tokenizer.ggml.pre", std::string_view{chance.one_in(2) ? "smollm" : chance.pick(pre)});
    image.add("tokenizer.ggml.tokens", tokens);
    if (pieces) {
        std::vector<float> scores;
        for (std::size_t i = 0; i < tokens.size(); ++i) scores.push_back(-static_cast<float>(i));
        image.add("tokenizer.ggml.scores", 6, scores);
    } else {
        image.add("tokenizer.ggml.merges", merges);
    }
    image.add("tokenizer.ggml.token_type", 5, types);
    image.add("tokenizer.ggml.bos_token_id", std::uint32_t{1});
    image.add("tokenizer.ggml.eos_token_id", static_cast<std::uint32_t>(end - 4));
    if (chance.one_in(2)) image.add("tokenizer.ggml.eot_token_id", static_cast<std::uint32_t>(end - 3));
    if (chance.one_in(2)) image.add("tokenizer.ggml.padding_token_id", static_cast<std::uint32_t>(end - 1));
    if (chance.one_in(2)) image.add("tokenizer.ggml.add_bos_token", chance.one_in(2));
    if (chance.one_in(2)) image.add("tokenizer.chat_template", std::string_view{chance.pick(templates())});
    if (!weights) return image;

    const auto matrix = [&](const std::string& name, std::uint64_t columns, std::uint64_t rows) {
        const detail::packing& used = chance.one_in(8) ? detail::packings[0] : packing;
        image.add_tensor(name, {columns, rows}, used.id,
                         detail::tame_bytes(columns / used.elements * used.bytes * rows, chance));
    };
    const auto vector = [&](const std::string& name, std::uint64_t size) {
        image.add_tensor(name, {size}, 0, detail::tame_bytes(size * 4, chance));
    };
    matrix("token_embd.weight", width, end);
    if (chance.one_in(2)) matrix("output.weight", width, end);
    vector("output_norm.weight", width);
    const std::string block = "blk.0.";
    matrix(block + "attn_q.weight", width, width);
    matrix(block + "attn_k.weight", width, head);
    matrix(block + "attn_v.weight", width, head);
    matrix(block + "attn_output.weight", width, width);
    for (const char* name : {"ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"}) matrix(block + name, width, width);
    for (const char* name : {"attn_norm.weight", "ffn_norm.weight"}) vector(block + name, width);
    if (family == "qwen2")
        vector(block + "attn_q.bias", width), vector(block + "attn_k.bias", head), vector(block + "attn_v.bias", head);
    if (family == "qwen3") vector(block + "attn_q_norm.weight", head), vector(block + "attn_k_norm.weight", head);
    if (family == "llama" && chance.one_in(3)) {
        std::string ones;
        for (std::uint32_t i = 0; i < head / 2; ++i) ones += raw(1.0F);
        image.add_tensor("rope_freqs.weight", {head / 2}, 0, ones);
    }
    return image;
}

}  // namespace mutation
