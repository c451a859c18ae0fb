#include <aha/pretrained/safetensors.hpp>

#include <ATen/ATen.h>
#include <algorithm>
#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "files_support.hpp"

namespace {

using namespace files_support;
using testing::AllOf;
using testing::HasSubstr;

/// What the golden script put into types.safetensors.
aha::named_tensors golden_tensors() {
    aha::named_tensors all;
    const std::pair<const char*, c10::ScalarType> types[] = {
        {"half", at::kHalf}, {"brain", at::kBFloat16}, {"single", at::kFloat}, {"double", at::kDouble},
        {"long", at::kLong}, {"int", at::kInt},        {"short", at::kShort},  {"char", at::kChar}};
    for (const auto& [name, type] : types) all.emplace_back(name, (at::arange(6) - 3).to(type).reshape({2, 3}));
    all.emplace_back("byte", at::arange(5).to(at::kByte));
    all.emplace_back("flag", at::arange(3).remainder(2).to(at::kBool));
    all.emplace_back("empty", at::zeros({0, 4}));
    all.emplace_back("scalar", at::full({}, 2.5));
    all.emplace_back("another single", at::tensor({0.5F, -0.25F}));
    return all;
}

/// A file with this header (its length before it, unless another is claimed) and this many data bytes.
std::string file_text(const std::string& header, std::size_t data_bytes) {
    return raw<std::uint64_t>(header.size()) + header + std::string(data_bytes, '\1');
}

TEST(safetensors, reads_every_type_of_the_reference_library) {
    const aha::safetensors_file file{golden("types.safetensors")};
    EXPECT_EQ(file.metadata().at("format"), "pt");
    const aha::named_tensors expected = golden_tensors();
    EXPECT_EQ(file.entries().size(), expected.size());
    for (const auto& [name, tensor] : expected) {
        const at::Tensor read = file.tensor(name);
        EXPECT_EQ(read.scalar_type(), tensor.scalar_type()) << name;
        EXPECT_TRUE(read.equal(tensor)) << name << " is " << read;
    }
}

TEST(safetensors, writes_the_bytes_that_the_reference_library_writes) {
    const made_folder folder;
    aha::named_tensors tensors = golden_tensors();
    std::ranges::reverse(tensors);  // the order given does not matter
    aha::write_safetensors(folder / "a.safetensors", tensors);
    EXPECT_EQ(text_of(folder / "a.safetensors"), text_of(golden("types.safetensors")));
}

TEST(safetensors, tensors_outlive_the_reader) {
    at::Tensor kept;
    {
        const aha::safetensors_file file{golden("types.safetensors")};
        kept = file.tensor("double");
    }
    EXPECT_TRUE(kept.equal((at::arange(6) - 3).to(at::kDouble).reshape({2, 3})));
}

TEST(safetensors, writes_tensors_that_are_not_contiguous) {
    const made_folder folder;
    const at::Tensor turned = at::arange(6).to(at::kFloat).reshape({2, 3}).t();
    aha::write_safetensors(folder / "a", {{"t", turned}});
    EXPECT_TRUE(aha::safetensors_file{folder / "a"}.tensor("t").equal(turned));
}

TEST(safetensors, reads_tensors_at_odd_places) {
    const made_folder folder;
    std::string text = file_text(R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                 R"("f":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}})",
                                 1);
    text += raw(1.5F) + raw(-2.0F);
    const aha::safetensors_file file{write(folder / "a", text)};
    EXPECT_TRUE(file.tensor("f").equal(at::tensor({1.5F, -2.0F})));
}

TEST(safetensors, any_byte_but_zero_is_true) {
    const made_folder folder;
    std::string text = file_text(R"({"b":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]}})", 0);
    text += std::string{"\2\0\xff", 3};
    const aha::safetensors_file file{write(folder / "a", text)};
    EXPECT_EQ(file.tensor("b").to(at::kInt).sum().item<int>(), 2);
}

// safetensors 0.8.0 accepts these.
TEST(safetensors, reads_what_the_reference_library_reads_of_odd_headers) {
    const made_folder folder;
    const auto opened = [&](const std::string& header, std::size_t bytes) {
        return aha::safetensors_file{write(folder / "a", file_text(header, bytes))};
    };
    EXPECT_TRUE(opened("  \n{}  ", 0).entries().empty());
    EXPECT_TRUE(opened(R"({"__metadata__":null})", 0).metadata().empty());
    const auto twice = opened(R"({"w":{"dtype":"F32","shape":[9],"data_offsets":[7,8]},)"
                              R"("w":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"more":1}})",
                              2);
    EXPECT_EQ(twice.entries().at("w").type, at::kByte);
    const auto small = opened(R"({"a":{"dtype":"F4","shape":[8],"data_offsets":[0,4]},)"
                              R"("b":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[4,7]}})",
                              7);
    EXPECT_EQ(small.entries().size(), 2U);
    EXPECT_THAT(complaint([&] { small.tensor("a"); }), HasSubstr("\"a\" is of the type F4, which is not supported"));
}

TEST(safetensors, reads_float8) {  // values of the formats' definitions (OCP 8-bit floating point, 1.0)
    const made_folder folder;
    std::string text = file_text(R"({"a":{"dtype":"F8_E4M3","shape":[3],"data_offsets":[0,3]},)"
                                 R"("b":{"dtype":"F8_E5M2","shape":[2],"data_offsets":[3,5]}})",
                                 0);
    text += std::string{"\x38\xfe\x01\x3c\xfb", 5};
    const aha::safetensors_file file{write(folder / "a", text)};
    EXPECT_TRUE(file.tensor("a").to(at::kFloat).equal(at::tensor({1.0F, -448.0F, 0.001953125F})));
    EXPECT_TRUE(file.tensor("b").to(at::kFloat).equal(at::tensor({1.0F, -57344.0F})));
}

TEST(safetensors, says_what_is_wrong_with_a_hostile_file) {
    const auto header = [](const std::string& tensors) { return file_text("{" + tensors + "}", 8); };
    const auto one = [&](const std::string& entry) { return header("\"w\":" + entry); };
    const auto of = [&](const std::string& type, const std::string& shape, const std::string& offsets) {
        return one("{\"dtype\":" + type + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}");
    };
    const std::string good = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
    const std::string half = R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
    const std::vector<std::pair<std::string, std::string>> table = {
        {"abc", "too few"},
        {std::string(8, '\0'), "not valid JSON"},
        {file_text("[1]", 0), "is not an object"},
        {raw<std::uint64_t>(100) + "{}", "claims 100 bytes, but only 2 follow"},
        {raw<std::uint64_t>(99'999'999) + "{}", "truncated"},
        {raw<std::uint64_t>(~0ULL) + "{}", "more than the"},
        {file_text("{} x", 0), "not valid JSON"},
        {file_text("{", 0), "not valid JSON"},
        {file_text("{\"\xff\":1}", 0), "not valid JSON"},
        {file_text("{\"a\":" + std::string(5000, '[') + "}", 0), "deeper than 64"},
        {one("7"), "needs dtype"},
        {one(R"({"dtype":"F32","shape":[2]})"), "needs dtype"},
        {of("3", "[2]", "[0,8]"), "dtype that is not a string"},
        {of("\"F9\"", "[8]", "[0,8]"), "\"F9\", which is not supported"},
        {of("\"F4\"", "[3]", "[0,2]"), "no whole number of bytes"},
        {of("\"F6_E2M3\"", "[2]", "[0,2]"), "no whole number of bytes"},
        {of("\"F32\"", "2", "[0,8]"), "not a list"},
        {of("\"F32\"", "[-2]", "[0,8]"), "extent"},
        {of("\"F32\"", "[2.0]", "[0,8]"), "extent"},
        {of("\"F32\"", "[99999999999999999999]", "[0,8]"), "extent"},
        {of("\"F32\"", "[4294967296,4294967296]", "[0,8]"), "overflows"},
        {of("\"F32\"", "[9223372036854775807]", "[0,8]"), "overflows"},
        {of("\"F32\"", "[0,4294967296,4294967296]", "[0,0]"), "overflows"},
        {of("\"F32\"", "[2]", "[0]"), "not two whole numbers"},
        {of("\"F32\"", "[2]", "[0,-8]"), "not two whole numbers"},
        {of("\"F32\"", "[2]", "[8,0]"), "claims bytes 8 to 0"},
        {of("\"F32\"", "[4]", "[0,16]"), "claims bytes 0 to 16 of the 8"},
        {of("\"F32\"", "[2]", "[18446744073709551608,18446744073709551615]"), "claims bytes"},
        {of("\"F32\"", "[1]", "[0,8]"), "needs 4 bytes for its shape, but claims 8"},
        {of("\"F32\"", "[1]", "[4,8]"), "after a gap"},
        {of("\"F32\"", "[1]", "[0,4]"), "end at byte 4 of 8"},
        {header("\"v\":" + half + ",\"w\":" + good), "inside the tensor before it"},
        {header("\"__metadata__\":3,\"w\":" + good), "__metadata__"},
        {header("\"__metadata__\":{\"a\":3},\"w\":" + good), "__metadata__"},
    };
    const made_folder folder;
    for (const auto& [text, sentence] : table) {
        const auto path = write(folder / "hostile.safetensors", text);
        EXPECT_THAT(complaint([&] { aha::safetensors_file{path}; }),
                    AllOf(HasSubstr("hostile.safetensors"), HasSubstr(sentence)))
            << text.substr(0, 200);
    }
    EXPECT_THAT(complaint([&] { aha::safetensors_file{folder / "none"}; }), HasSubstr("No such file"));
    EXPECT_THAT(complaint([&] { aha::safetensors_file{golden("types.safetensors")}.tensor("none"); }),
                HasSubstr("\"none\""));
}

TEST(safetensors, a_truncated_file_is_an_error_wherever_it_ends) {
    const made_folder folder;
    const std::string whole = text_of(golden("types.safetensors"));
    for (std::size_t size = 1; size < whole.size(); size += 7) {
        const auto path = write(folder / "cut", whole.substr(0, size));
        EXPECT_THROW(aha::safetensors_file{path}, aha::error) << size;
    }
}

TEST(safetensors_writer, refuses_what_a_file_cannot_hold) {
    const made_folder folder;
    const at::Tensor x = at::zeros({2});
    const auto error = [&](const aha::named_tensors& tensors) {
        return complaint([&] { aha::write_safetensors(folder / "a", tensors); });
    };
    EXPECT_THAT(error({{"x", x}, {"x", x}}), HasSubstr("\"x\" is reserved or given twice"));
    EXPECT_THAT(error({{"__metadata__", x}}), HasSubstr("reserved"));
    EXPECT_THAT(error({{"x", at::Tensor{}}}), HasSubstr("undefined"));
    EXPECT_THAT(error({{"x", x.to(at::kComplexDouble)}}), HasSubstr("ComplexDouble"));
    EXPECT_THAT(error({{"\xff", x}}), HasSubstr("not UTF-8"));
    EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST(safetensors_writer, splits_a_folder_into_shards) {
    const made_folder folder;
    aha::named_tensors tensors;
    for (int i = 0; i < 5; ++i)
        tensors.emplace_back("t" + std::to_string(i), at::full({4 + i}, static_cast<double>(i)));
    aha::write_safetensors_folder(folder, tensors, 40);  // 16 + 20, 24, 28, 32 bytes
    const auto index = nlohmann::json::parse(text_of(folder / "model.safetensors.index.json"));
    EXPECT_EQ(index["metadata"]["total_size"], 120);
    EXPECT_EQ(index["weight_map"]["t1"], "model-00001-of-00004.safetensors");
    EXPECT_EQ(index["weight_map"]["t2"], "model-00002-of-00004.safetensors");
    for (const auto& [name, tensor] : tensors)
        EXPECT_TRUE(
            aha::safetensors_file{folder / index["weight_map"][name].get<std::string>()}.tensor(name).equal(tensor));
    EXPECT_FALSE(std::filesystem::exists(folder / "model.safetensors"));
    EXPECT_THAT(complaint([&] { aha::write_safetensors_folder(folder, tensors, 0); }), HasSubstr("positive"));
}

}  // namespace
