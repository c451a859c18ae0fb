#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/core/error.hpp>

namespace aha {

/// A metadata value of a GGUF file. Numbers are widened: unsigned 64-bit ones that need it are uint64, all others
/// int64; floats are double. Lists of whole numbers are int64 (wrapping above 2^63), of booleans int64, too.
using gguf_value = std::variant<std::int64_t, std::uint64_t, double, bool, std::string, std::vector<std::int64_t>,
                                std::vector<double>, std::vector<std::string>>;

namespace detail {

/// Reads little-endian values one after another and never past the end.
class gguf_cursor {
public:
    gguf_cursor(std::span<const std::byte> bytes, std::string where) : bytes_{bytes}, where_{std::move(where)} {}

    std::uint64_t position() const { return position_; }

    std::span<const std::byte> take(std::uint64_t size, std::string_view what);

    template <class T>
    T number(std::string_view what) {
        static_assert(std::endian::native == std::endian::little,
                      "aha reads GGUF files on little-endian machines only");
        T value;
        std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
        return value;
    }

    std::string_view text(std::string_view what);

    /// A value with the type number before it.
    gguf_value value(std::string_view what);

private:
    // The format's numbers of the types that are no plain numbers.
    static constexpr std::uint32_t boolean = 7, string = 8, list = 9;

    gguf_value scalar(std::uint32_t type, std::string_view what);

    gguf_value list_of(std::uint32_t type, std::string_view what);

    template <class Wide, class Stored>
    std::vector<Wide> numbers(std::uint64_t count, std::string_view what) {
        require(count <= (bytes_.size() - position_) / sizeof(Stored), where_, ": ", what, " claims ", count,
                " elements, more than the file can hold");
        std::vector<Wide> all;
        all.reserve(count);
        for (std::uint64_t i = 0; i < count; ++i) all.push_back(static_cast<Wide>(number<Stored>(what)));
        return all;
    }

    std::span<const std::byte> bytes_;
    std::string where_;
    std::uint64_t position_ = 0;
};

}  // namespace detail

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/pretrained/gguf_cursor.ipp>
#endif
