#pragma once

#include <string>
#include <string_view>
#include <zlib.h>
#include <zstd.h>

namespace aha::test {

/// `text` as one gzip member, made by zlib.
inline std::string gzip(std::string_view text, int level = 6) {
    z_stream stream{};
    constexpr int gzip_format = 16 + MAX_WBITS;
    deflateInit2(&stream, level, Z_DEFLATED, gzip_format, 8, Z_DEFAULT_STRATEGY);
    std::string packed(deflateBound(&stream, text.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

/// `text` as one Zstandard frame with a checksum, made by libzstd; `window_log` 0 is the level's.
inline std::string zstd(std::string_view text, int window_log = 0) {
    ZSTD_CCtx* const context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    if (window_log != 0) {
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
        ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    }
    std::string packed(ZSTD_compressBound(text.size()) + 64, '\0');
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    ZSTD_outBuffer out{packed.data(), packed.size(), 0};
    // In two steps, for a frame whose size is known has no larger window than that.
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush);
    while (ZSTD_compressStream2(context, &out, &in, ZSTD_e_end) != 0) {
    }
    packed.resize(out.pos);
    ZSTD_freeCCtx(context);
    return packed;
}

}  // namespace aha::test
