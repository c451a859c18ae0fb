#include <aha/pretrained/gguf.hpp>
#include <aha/pretrained/gguf_dequantize.hpp>
#include <aha/pretrained/gguf_names.hpp>
#include <aha/pretrained/gguf_text.hpp>
#include <aha/pretrained/safetensors.hpp>

#include <ATen/ATen.h>
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "gguf_builder.hpp"
#include "files_support.hpp"

namespace {

using namespace files_support;
using builder = gguf_builder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(gguf, reads_every_kind_of_metadata) {
    const aha::gguf_file file{golden("types.gguf")};
    EXPECT_EQ(file.text("general.architecture"), "llama");
    EXPECT_EQ(file.integer("a.uint8"), 200);
    EXPECT_EQ(file.integer("a.int8"), -100);
    EXPECT_EQ(file.integer("a.uint16"), 60000);
    EXPECT_EQ(file.integer("a.int16"), -30000);
    EXPECT_EQ(file.integer("a.uint32"), 4000000000);
    EXPECT_EQ(file.integer("a.int32"), -2000000000);
    EXPECT_EQ(std::get<std::uint64_t>(file.metadata().at("a.uint64")), (1ULL << 63) + 5);
    EXPECT_EQ(file.integer("a.int64"), -(1LL << 62));
    EXPECT_EQ(file.number("a.float32"), static_cast<double>(0.1F));
    EXPECT_EQ(file.number("a.float64"), 0.1);
    EXPECT_EQ(file.number("a.int8"), -100);
    EXPECT_EQ(file.flag("a.bool"), true);
    EXPECT_EQ(file.text("a.string"), "Grüße\n");
    EXPECT_THAT(*file.integers("a.integers"), ElementsAre(1, -2, 3));
    EXPECT_THAT(std::get<std::vector<double>>(file.metadata().at("a.floats")), ElementsAre(0.5, -0.25));
    EXPECT_THAT(*file.integers("a.booleans"), ElementsAre(1, 0));
    EXPECT_THAT(*file.texts("a.strings"), ElementsAre("x", "", "日本"));
    EXPECT_EQ(file.integer("none"), std::nullopt);
    EXPECT_THAT(complaint([&] { file.integer("a.string"); }), HasSubstr("\"a.string\" is not a whole number"));
    EXPECT_THAT(complaint([&] { file.integer("a.uint64"); }), HasSubstr("too large"));
    EXPECT_THAT(complaint([&] { file.text("a.bool"); }), HasSubstr("not a string"));
}

TEST(gguf, expands_every_type_as_the_reference_does) {
    const aha::gguf_file file{golden("types.gguf")};
    const aha::safetensors_file expected{golden("types_gguf_expected.safetensors")};
    for (const auto& [name, tensor] : file.tensors()) {
        EXPECT_EQ(tensor.type->name, name);
        const at::Tensor ours = aha::dequantize(file, name), theirs = expected.tensor(name);
        ASSERT_EQ(ours.sizes(), theirs.sizes()) << name;
        // A compiler may fuse the product and the sum; otherwise the numbers are the same.
        EXPECT_TRUE(ours.allclose(theirs, 1e-6, 1e-5))
            << name << " off by " << (ours - theirs).abs().max().item<float>();
    }
}

TEST(gguf, puts_shapes_in_the_order_of_tensors) {
    const made_folder folder;
    builder b;
    b.data.clear();
    for (int i = 0; i < 6; ++i) b.data += raw(static_cast<float>(i));
    b.version = 2;
    const aha::gguf_file file{write(folder / "a.gguf", b.tensor("w", {3, 2}, 0, 0).file())};
    EXPECT_TRUE(aha::dequantize(file, "w").equal(at::arange(6).to(at::kFloat).reshape({2, 3})));
}

TEST(gguf, says_what_is_wrong_with_a_hostile_file) {
    const auto good = [] { return builder{}.value("a.b", 4, raw<std::uint32_t>(5)).tensor("w", {8}, 0, 0); };
    const auto with = [](auto change) {
        builder b;
        change(b);
        return b.file();
    };
    const std::string list = raw<std::uint32_t>(9);
    const auto list_of = [](std::uint32_t type, std::uint64_t count) { return raw(type) + raw(count); };
    const std::vector<std::pair<std::string, std::string>> table = {
        {"GG", "the magic word needs 4 bytes"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "does not begin with GGUF"},
        {"GGUF", "the version needs 4 bytes"},
        {with([](builder& b) { b.version = 1; }), "version 1 is not supported"},
        {with([](builder& b) { b.version = 3u << 24; }), "big-endian"},
        {good().file(~0ULL, 1), ""},
        {good().file(1, ~0ULL), ""},
        {good().file(1, 2), ""},
        {with([](builder& b) { b.values = {raw(~0ULL) + "key"}; }), "a metadata key needs"},
        {builder{}.value("a", 13, "").file(), "unknown type number 13"},
        {builder{}.value("a", 8, raw(1ULL << 62)).file(), "\"a\" needs 4611686018427387904 bytes"},
        {builder{}.value("a", 9, list_of(4, 1ULL << 62)).file(), "claims 4611686018427387904 elements"},
        {builder{}.value("a", 9, list_of(8, 1ULL << 62)).file(), "strings, more than"},
        {builder{}.value("a", 9, list_of(9, 1)).file(), "list of lists"},
        {builder{}.value("a", 9, list_of(77, 1)).file(), "unknown type number 77"},
        {good().value("a.b", 4, raw<std::uint32_t>(5)).file(), "\"a.b\" is given twice"},
        {builder{}.value("general.alignment", 4, raw<std::uint32_t>(0)).file(), "power of two up to 2^20, not 0"},
        {builder{}.value("general.alignment", 4, raw<std::uint32_t>(24)).file(), "power of two"},
        {builder{}.value("general.alignment", 8, text("32")).file(), "not a whole number"},
        {builder{}.value("split.count", 2, raw<std::uint16_t>(3)).file(), "one of several parts"},
        {builder{}.tensor("w", {}, 0, 0).file(), "\"w\" has 0 dimensions"},
        {builder{}.tensor("w", {1, 1, 1, 1, 1}, 0, 0).file(), "has 5 dimensions"},
        {builder{}.tensor("w", {0}, 0, 0).file(), "without elements"},
        {builder{}.tensor("w", {1ULL << 32, 1ULL << 32}, 0, 0).file(), "overflows"},
        {builder{}.tensor("w", {~0ULL}, 0, 0).file(), "overflows"},
        {builder{}.tensor("w", {8}, 9, 0).file(), "type number 9, which is not supported (only F32, F16, "},
        {builder{}.tensor("w", {8}, 36, 0).file(), "type number 36"},
        {builder{}.tensor("w", {8}, 43, 0).file(), "type number 43"},
        {builder{}.tensor("w", {~0U}, 0xffffffff, 0).file(), "type number 4294967295"},
        {builder{}.tensor("w", {128}, 10, 0).file(), "rows of 128, which Q2_K cannot store in blocks of 256"},
        {builder{}.tensor("w", {33}, 8, 0).file(), "rows of 33, which Q8_0 cannot store"},
        {builder{}.tensor("w", {8}, 0, 8).file(), "offset 8, which is not a multiple of 32"},
        {builder{}.tensor("w", {8}, 0, 1ULL << 40).file(), "beyond the file"},
        {builder{}.tensor("w", {8}, 0, ~0ULL - 31).file(), "beyond the file"},
        {builder{}.tensor("w", {32}, 0, 0).file(), "claims 128 bytes"},
        {good().tensor("w", {8}, 0, 32).file(), "\"w\" is given twice"},
        {good().tensor("v", {8}, 0, 0).file(), "begins where another begins"},
        {builder{}.tensor("w", {16}, 0, 0).tensor("v", {8}, 0, 32).file(), "begins inside the one before"},
    };
    const made_folder folder;
    EXPECT_EQ(complaint([&] { aha::gguf_file{write(folder / "good", good().file())}; }), "no complaint");
    for (const auto& [bytes, sentence] : table) {
        const auto path = write(folder / "hostile.gguf", bytes);
        EXPECT_THAT(complaint([&] { aha::gguf_file{path}; }), AllOf(HasSubstr("hostile.gguf"), HasSubstr(sentence)))
            << sentence;
    }
    EXPECT_THAT(complaint([&] { aha::gguf_file{golden("types.gguf")}.tensor("none"); }), HasSubstr("\"none\""));
}

TEST(gguf, a_truncated_file_is_an_error_wherever_it_ends) {
    const made_folder folder;
    const std::string whole = text_of(golden("types.gguf"));
    std::uint64_t last = 0;  // padding may follow
    const aha::gguf_file file{golden("types.gguf")};
    for (const auto& [name, tensor] : file.tensors()) last = std::max(last, tensor.end);
    for (std::size_t size = 1; size < last; size += 31) {
        const auto path = write(folder / "cut", whole.substr(0, size));
        EXPECT_THROW(aha::gguf_file{path}, aha::error) << size;
    }
}

TEST(gguf_names, follows_llama_cpp) {
    EXPECT_EQ(aha::hugging_face_name("token_embd.weight"), "model.embed_tokens.weight");
    EXPECT_EQ(aha::hugging_face_name("blk.12.attn_k_norm.weight"), "model.layers.12.self_attn.k_norm.weight");
    EXPECT_EQ(aha::hugging_face_name("blk.0.attn_q.bias"), "model.layers.0.self_attn.q_proj.bias");
    for (const char* none : {"", "blk.", "blk.1", "blk.1.", "blk.x.attn_q.weight", "blk.1.attn_q", "blk.1.attn_q.scale",
                             "blk.1.attn_sinks.weight", "blk.12345678901234567890.attn_q.weight", "output.bias"})
        EXPECT_EQ(aha::hugging_face_name(none), std::nullopt) << none;
}

TEST(gguf_names, knows_which_tensors_the_model_would_compute_with) {
    for (const char* part : {"token_embd_norm.weight", "output.bias", "blk.0.attn_q.scale", "blk.1.ffn_norm.bias"})
        EXPECT_TRUE(aha::is_gguf_layer_part(part, 2)) << part;
    for (const char* other : {"", "v_head.weight", "blk.2.attn_q.weight", "blk.", "blk.x.attn_q.weight", "blk.1",
                              "blk.99999999999999999999.attn_q.weight", "rope_freqs.weight"})
        EXPECT_FALSE(aha::is_gguf_layer_part(other, 2)) << other;
}

TEST(gguf_text, takes_the_tokenizer_out) {
    const aha::gguf_text t = aha::read_gguf_text(aha::gguf_file{golden("qwen2.gguf")});
    EXPECT_EQ(t.model, "gpt2");
    EXPECT_EQ(t.pre, "qwen2");
    EXPECT_EQ(t.tokens.size(), 300U);
    EXPECT_EQ(t.tokens[3], "<think>");
    EXPECT_THAT(t.merges, ElementsAre("a b", "ab c"));
    EXPECT_EQ(t.token_types[0], 3);
    EXPECT_EQ(t.token_types[3], 4);
    EXPECT_EQ(t.bos, 1);
    EXPECT_EQ(t.eos, 2);
    EXPECT_EQ(t.unk, std::nullopt);
    EXPECT_FALSE(t.add_bos);
    EXPECT_EQ(t.chat_template, "{{ messages[0]['content'] }}");
    EXPECT_THAT(t.end_ids, ElementsAre(2, 7));
}

// Converters write the largest number for a token that there is not; llama.cpp 0.3.36 passes such ids over.
TEST(gguf_text, an_id_beyond_the_vocabulary_is_none) {
    const made_folder folder;
    const std::string prefix = "tokenizer.ggml.";
    builder b;
    b.value(prefix + "model", 8, text("gpt2"))
        .value(prefix + "tokens", 9, raw<std::uint32_t>(8) + raw<std::uint64_t>(2) + text("a") + text("b"))
        .value(prefix + "bos_token_id", 4, raw<std::uint32_t>(2))
        .value(prefix + "eos_token_id", 4, raw<std::uint32_t>(1))
        .value(prefix + "eot_token_id", 4, raw<std::uint32_t>(~0U))
        .value(prefix + "unknown_token_id", 4, raw<std::uint32_t>(~0U))
        .value(prefix + "padding_token_id", 5, raw<std::int32_t>(-1))
        .value(prefix + "add_bos_token", 7, std::string(1, '\1'))
        .value(prefix + "token_type", 9,
               raw<std::uint32_t>(5) + raw<std::uint64_t>(2) + raw<std::int32_t>(77) + raw<std::int32_t>(1));
    const aha::gguf_text t = aha::read_gguf_text(aha::gguf_file{write(folder / "a", b.file())});
    EXPECT_EQ(t.bos, std::nullopt);
    EXPECT_EQ(t.unk, std::nullopt);
    EXPECT_EQ(t.pad, std::nullopt);
    EXPECT_THAT(t.end_ids, ElementsAre(1));
    EXPECT_THAT(t.token_types, ElementsAre(0, 1));
}

TEST(gguf_text, says_what_is_wrong) {
    const made_folder folder;
    const auto error = [&](const builder& b) {
        return complaint([&] { aha::read_gguf_text(aha::gguf_file{write(folder / "a", b.file())}); });
    };
    const std::string prefix = "tokenizer.ggml.";
    const auto start = [&] {
        return builder{}
            .value(prefix + "model", 8, text("gpt2"))
            .value(prefix + "tokens", 9, raw<std::uint32_t>(8) + raw<std::uint64_t>(1) + text("a"));
    };
    EXPECT_EQ(error(start()), "no complaint");
    EXPECT_THAT(error(builder{}), HasSubstr("has no tokenizer"));
    EXPECT_THAT(error(builder{}.value(prefix + "model", 8, text("none"))), HasSubstr("says that it has no tokenizer"));
    EXPECT_THAT(error(builder{}.value(prefix + "model", 8, text("gpt2"))), HasSubstr("without tokens"));
    EXPECT_THAT(error(start().value(prefix + "eos_token_id", 8, text("1"))), HasSubstr("is not a whole number"));
    EXPECT_THAT(error(start().value(prefix + "add_bos_token", 4, raw<std::uint32_t>(1))), HasSubstr("not a boolean"));
    EXPECT_THAT(error(start().value(prefix + "scores", 8, text("1"))), HasSubstr("not a list of numbers"));
    EXPECT_THAT(error(start().value(prefix + "scores", 9,
                                    raw<std::uint32_t>(6) + raw<std::uint64_t>(2) + raw<std::uint64_t>(0))),
                HasSubstr("2 scores do not go with 1 tokens"));
    EXPECT_THAT(error(start().value(prefix + "scores", 9,
                                    raw<std::uint32_t>(6) + raw<std::uint64_t>(1) + raw<std::uint32_t>(0x7fc00000))),
                HasSubstr("scores\"[0] is nan"));
    EXPECT_THAT(error(start().value(prefix + "token_type", 9, raw<std::uint32_t>(5) + raw<std::uint64_t>(0))),
                "no complaint");
    EXPECT_THAT(error(start().value(prefix + "token_type", 9,
                                    raw<std::uint32_t>(5) + raw<std::uint64_t>(2) + raw<std::uint64_t>(0))),
                HasSubstr("2 token types do not go with 1 tokens"));
    EXPECT_THAT(error(start().value(prefix + "merges", 8, text("a b"))), HasSubstr("not a list of strings"));
}

}  // namespace
