#pragma once

#include <ATen/core/Tensor.h>
#include <array>
#include <cstdint>
#include <string_view>

namespace aha::detail {

/// A type of numbers in a safetensors file.
struct safetensors_type {
    std::string_view name;  ///< in the header
    c10::ScalarType type;   ///< ours; Undefined where a number is no whole number of bytes
    std::uint64_t bits;     ///< of a number
};

/// The types of safetensors 0.8 in the format's own order: a writer puts the last ones first, so that all are aligned.
inline constexpr std::array<safetensors_type, 22> safetensors_types{{{"BOOL", at::kBool, 8},
                                                                     {"F4", at::ScalarType::Undefined, 4},
                                                                     {"F6_E2M3", at::ScalarType::Undefined, 6},
                                                                     {"F6_E3M2", at::ScalarType::Undefined, 6},
                                                                     {"U8", at::kByte, 8},
                                                                     {"I8", at::kChar, 8},
                                                                     {"F8_E5M2", at::kFloat8_e5m2, 8},
                                                                     {"F8_E4M3", at::kFloat8_e4m3fn, 8},
                                                                     {"F8_E8M0", at::kFloat8_e8m0fnu, 8},
                                                                     {"F8_E4M3FNUZ", at::kFloat8_e4m3fnuz, 8},
                                                                     {"F8_E5M2FNUZ", at::kFloat8_e5m2fnuz, 8},
                                                                     {"I16", at::kShort, 16},
                                                                     {"U16", at::kUInt16, 16},
                                                                     {"F16", at::kHalf, 16},
                                                                     {"BF16", at::kBFloat16, 16},
                                                                     {"I32", at::kInt, 32},
                                                                     {"U32", at::kUInt32, 32},
                                                                     {"F32", at::kFloat, 32},
                                                                     {"C64", at::kComplexFloat, 64},
                                                                     {"F64", at::kDouble, 64},
                                                                     {"I64", at::kLong, 64},
                                                                     {"U64", at::kUInt64, 64}}};

}  // namespace aha::detail
