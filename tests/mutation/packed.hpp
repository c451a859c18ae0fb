#pragma once

#include <string>
#include <string_view>
#include <zlib.h>
#include <zstd.h>

#include <aha/core/error.hpp>

namespace mutation {

/// The text as gzip packs it.
inline std::string gzipped(std::string_view text) {
    z_stream stream{};
    constexpr int with_gzip_head = 16 + MAX_WBITS;
    aha::require(deflateInit2(&stream, 6, Z_DEFLATED, with_gzip_head, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib fails");
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib does not write to it
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    const int result = deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    aha::require(result == Z_STREAM_END, "zlib fails");
    return packed;
}

/// The text as zstd packs it.
inline std::string zstandard(std::string_view text) {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    const std::size_t size = ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3);
    aha::require(ZSTD_isError(size) == 0, "zstd fails");
    packed.resize(size);
    return packed;
}

}  // namespace mutation
