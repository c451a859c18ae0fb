#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <aha/core/json.hpp>

namespace aha::test {

/// A value with the types and bits of all that is in it, as tests/golden/make_json_golden.py describes one.
inline std::string described(const json& value) {
    const auto hex = [](auto bits, int digits) {
        std::string text;
        for (int i = digits - 1; i >= 0; --i) text += "0123456789abcdef"[(bits >> (4 * i)) & 15U];
        return text;
    };
    const auto text_of = [&](std::string_view text) {
        std::string bytes = "text ";
        for (const char c : text) bytes += hex(static_cast<unsigned char>(c), 2);
        return bytes;
    };
    if (value.is_null() || value.is_boolean()) return value.dump();
    if (value.is_number_integer()) return "int " + value.dump();
    if (value.is_number_float()) {
        const double number = value.get<double>();
        return "float " + (std::isnan(number) ? "nan" : hex(std::bit_cast<std::uint64_t>(number), 16));
    }
    if (value.is_string()) return text_of(value.get_ref<const std::string&>());
    std::string all;
    for (auto one = value.begin(); one != value.end(); ++one) {
        if (!all.empty()) all += ", ";
        if (value.is_object()) all += text_of(one.key()) + ": ";
        all += described(*one);
    }
    return value.is_object() ? "{" + all + "}" : "[" + all + "]";
}

}  // namespace aha::test
