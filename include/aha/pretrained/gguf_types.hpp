#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace aha {

/// How the elements of a tensor are stored: a block of `elements` numbers takes `bytes`.
struct gguf_type {
    std::uint32_t id = 0;                   ///< the number in the file
    std::string_view name;                  ///< as the format's authors call it
    std::uint32_t elements = 1, bytes = 0;  ///< numbers in a block
};

/// The types that we read, with the numbers that the format gives them. Those that are not here are no longer written
/// (4, 5, 31 to 33, 36 to 38) or live in memory alone (Q8_1, Q8_K).
inline constexpr std::array<gguf_type, 33> gguf_types{
    {{0, "F32", 1, 4},         {1, "F16", 1, 2},        {2, "Q4_0", 32, 18},      {3, "Q4_1", 32, 20},
     {6, "Q5_0", 32, 22},      {7, "Q5_1", 32, 24},     {8, "Q8_0", 32, 34},      {10, "Q2_K", 256, 84},
     {11, "Q3_K", 256, 110},   {12, "Q4_K", 256, 144},  {13, "Q5_K", 256, 176},   {14, "Q6_K", 256, 210},
     {16, "IQ2_XXS", 256, 66}, {17, "IQ2_XS", 256, 74}, {18, "IQ3_XXS", 256, 98}, {19, "IQ1_S", 256, 50},
     {20, "IQ4_NL", 32, 18},   {21, "IQ3_S", 256, 110}, {22, "IQ2_S", 256, 82},   {23, "IQ4_XS", 256, 136},
     {24, "I8", 1, 1},         {25, "I16", 1, 2},       {26, "I32", 1, 4},        {27, "I64", 1, 8},
     {28, "F64", 1, 8},        {29, "IQ1_M", 256, 56},  {30, "BF16", 1, 2},       {34, "TQ1_0", 256, 54},
     {35, "TQ2_0", 256, 66},   {39, "MXFP4", 32, 17},   {40, "NVFP4", 64, 36},    {41, "Q1_0", 128, 18},
     {42, "Q2_0", 64, 18}}};

/// The type with this number, or null.
constexpr const gguf_type* find_gguf_type(std::uint32_t id) {
    const auto* const found = std::ranges::find(gguf_types, id, &gguf_type::id);
    return found == gguf_types.end() ? nullptr : found;
}

/// The names of all types, for messages: "F32, F16, ...".
inline std::string gguf_type_names() {
    std::string names;
    for (const gguf_type& type : gguf_types) names += (names.empty() ? "" : ", ") + std::string{type.name};
    return names;
}

}  // namespace aha
