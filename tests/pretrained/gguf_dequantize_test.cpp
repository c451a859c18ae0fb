#include <aha/pretrained/gguf_dequantize.hpp>
#include <aha/pretrained/safetensors.hpp>

#include <ATen/ATen.h>
#include <cstddef>
#include <cstring>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

#include "files_support.hpp"

namespace {

using namespace files_support;
using testing::HasSubstr;

std::filesystem::path made(const std::string& name) {
    return std::filesystem::path{AHA_TEST_DATA} / "model" / "data" / "gguf" / name;
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
    return a.sizes() == b.sizes() && std::memcmp(a.const_data_ptr(), b.const_data_ptr(), a.nbytes()) == 0;
}

// gguf 0.19.0, and for Q1_0 and Q2_0 the llama.cpp of llama-cpp-python 0.3.36: tests/golden/make_gguf_golden.py.
TEST(gguf_dequantize, gives_the_bits_of_the_reference_for_every_type) {
    const aha::safetensors_file expected{made("expected.safetensors")};
    std::set<std::string> seen;
    for (const std::string name : {"random", "written"}) {
        const aha::gguf_file file{made(name + ".gguf")};
        for (const auto& [type, tensor] : file.tensors()) {
            EXPECT_EQ(tensor.type->name, type);
            const at::Tensor ours = aha::dequantize(file, type), theirs = expected.tensor(name + " " + type);
            EXPECT_TRUE(same_bits(ours, theirs))
                << name << " " << type << " off by " << (ours - theirs).abs().max().item<float>();
            seen.insert(type);
        }
    }
    for (const aha::gguf_type& type : aha::gguf_types) EXPECT_TRUE(seen.contains(std::string{type.name})) << type.name;
}

TEST(gguf_dequantize, expands_many_blocks_as_one_after_another) {
    const aha::gguf_file file{made("random.gguf")};
    for (const auto& [name, tensor] : file.tensors()) {
        const auto once = file.bytes(tensor);
        std::vector<std::byte> often;
        for (int i = 0; i < 200; ++i) often.insert(often.end(), once.begin(), once.end());
        EXPECT_TRUE(same_bits(aha::dequantize(often, *tensor.type), aha::dequantize(once, *tensor.type).repeat(200)))
            << name;
    }
}

TEST(gguf_dequantize, refuses_parts_of_blocks_and_types_of_no_file) {
    const std::vector<std::byte> bytes(100);
    for (const aha::gguf_type& type : aha::gguf_types) {
        EXPECT_EQ(aha::dequantize({}, type).numel(), 0);
        if (100 % type.bytes != 0) {
            EXPECT_THAT(complaint([&] { aha::dequantize(bytes, type); }), HasSubstr("no whole number of")) << type.name;
        }
    }
    EXPECT_THAT(complaint([&] { aha::dequantize(bytes, {.id = 9, .name = "Q8_1", .elements = 32, .bytes = 50}); }),
                HasSubstr("Q8_1 cannot be expanded"));
}

// A block may hold any bytes: no index may leave its table (this is what the sanitizers' build looks at).
TEST(gguf_dequantize, any_bytes_are_numbers) {
    std::uint64_t state = 5;
    std::vector<std::byte> bytes(256 * 64);
    for (std::byte& b : bytes) b = static_cast<std::byte>((state = state * 6364136223846793005ULL + 1) >> 56);
    for (const aha::gguf_type& type : aha::gguf_types) {
        const std::span<const std::byte> whole{bytes.data(), bytes.size() / type.bytes * type.bytes};
        EXPECT_EQ(aha::dequantize(whole, type).numel(),
                  static_cast<std::int64_t>(whole.size() / type.bytes * type.elements));
        for (const std::byte fill : {std::byte{0}, std::byte{0xff}}) {
            const std::vector<std::byte> one(type.bytes, fill);
            EXPECT_EQ(aha::dequantize(one, type).numel(), type.elements) << type.name;
        }
    }
}

}  // namespace
