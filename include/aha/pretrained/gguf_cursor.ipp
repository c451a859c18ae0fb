#pragma once

#include <aha/pretrained/gguf_cursor.hpp>
#include <aha/core/inline.hpp>

namespace aha::detail {

AHA_INLINE std::span<const std::byte> gguf_cursor::take(std::uint64_t size, std::string_view what) {
    const std::uint64_t left = bytes_.size() - position_;
    require(size <= left, where_, ": ", what, " needs ", size, " bytes at byte ", position_, ", but only ", left,
            " follow: the file is truncated or a length lies");
    const auto taken = bytes_.subspan(position_, size);
    position_ += size;
    return taken;
}

AHA_INLINE std::string_view gguf_cursor::text(std::string_view what) {
    const auto length = number<std::uint64_t>(what);
    const auto bytes = take(length, what);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

AHA_INLINE gguf_value gguf_cursor::value(std::string_view what) {
    const auto type = number<std::uint32_t>(what);
    return type == list ? list_of(number<std::uint32_t>(what), what) : scalar(type, what);
}

AHA_INLINE gguf_value gguf_cursor::scalar(std::uint32_t type, std::string_view what) {
    switch (type) {
        case 0: return std::int64_t{number<std::uint8_t>(what)};
        case 1: return std::int64_t{number<std::int8_t>(what)};
        case 2: return std::int64_t{number<std::uint16_t>(what)};
        case 3: return std::int64_t{number<std::int16_t>(what)};
        case 4: return std::int64_t{number<std::uint32_t>(what)};
        case 5: return std::int64_t{number<std::int32_t>(what)};
        case 6: return static_cast<double>(number<float>(what));
        case boolean: return number<std::uint8_t>(what) != 0;
        case string: return std::string{text(what)};
        case 10: {
            const auto wide = number<std::uint64_t>(what);
            if (wide <= std::uint64_t{INT64_MAX}) return static_cast<std::int64_t>(wide);
            return wide;
        }
        case 11: return number<std::int64_t>(what);
        case 12: return number<double>(what);
        default: fail(where_, ": ", what, " has the unknown type number ", type);
    }
}

AHA_INLINE gguf_value gguf_cursor::list_of(std::uint32_t type, std::string_view what) {
    const auto count = number<std::uint64_t>(what);
    switch (type) {
        case 0:
        case boolean: return numbers<std::int64_t, std::uint8_t>(count, what);
        case 1: return numbers<std::int64_t, std::int8_t>(count, what);
        case 2: return numbers<std::int64_t, std::uint16_t>(count, what);
        case 3: return numbers<std::int64_t, std::int16_t>(count, what);
        case 4: return numbers<std::int64_t, std::uint32_t>(count, what);
        case 5: return numbers<std::int64_t, std::int32_t>(count, what);
        case 6: return numbers<double, float>(count, what);
        case 10: return numbers<std::int64_t, std::uint64_t>(count, what);
        case 11: return numbers<std::int64_t, std::int64_t>(count, what);
        case 12: return numbers<double, double>(count, what);
        case string: {
            require(count <= (bytes_.size() - position_) / 8, where_, ": ", what, " claims ", count,
                    " strings, more than the file can hold");
            std::vector<std::string> all;
            all.reserve(count);
            for (std::uint64_t i = 0; i < count; ++i) all.emplace_back(text(what));
            return all;
        }
        case list: fail(where_, ": ", what, " is a list of lists, which is not supported");
        default: fail(where_, ": ", what, " is a list of the unknown type number ", type);
    }
}

}  // namespace aha::detail
