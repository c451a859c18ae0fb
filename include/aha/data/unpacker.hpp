#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <zlib.h>
#include <zstd.h>

/// Streams that unpack what gzip and zstd packed: members and frames after one another, without ever holding more than
/// a window.
namespace aha::detail {

/// What came of a piece of packed bytes.
struct unpacked {
    std::size_t taken = 0;  ///< bytes of the piece that are used up
    std::size_t given = 0;  ///< bytes that were written
    std::string problem{};  ///< what is wrong with the packed bytes, or empty
};

/// Unpacks gzip members (RFC 1952). Between members and after the last one zeros are skipped, as Python's gzip does.
class gzip_unpacker {
public:
    gzip_unpacker() : stream_{new z_stream{}, &close} {
        constexpr int gzip_only = 16 + MAX_WBITS;
        ready_ = inflateInit2(stream_.get(), gzip_only) == Z_OK;
    }

    /// Unpacks some of `packed` into `to`.
    unpacked unpack(std::string_view packed, std::span<char> to) {
        if (!ready_) return {.problem = "there is no memory to unpack with"};
        unpacked done;
        if (between_) {
            done.taken = std::min(packed.find_first_not_of('\0'), packed.size());
            if (done.taken == packed.size()) return done;
            if (inflateReset(stream_.get()) != Z_OK) return {.problem = "the stream cannot be reset"};
            between_ = false;
        }
        z_stream& stream = *stream_;
        const std::string_view rest = packed.substr(done.taken);
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));  // zlib does not write to it
        stream.avail_in = static_cast<uInt>(rest.size());
        stream.next_out = reinterpret_cast<Bytef*>(to.data());
        stream.avail_out = static_cast<uInt>(to.size());
        const int result = inflate(&stream, Z_NO_FLUSH);
        done.taken += rest.size() - stream.avail_in;
        done.given = to.size() - stream.avail_out;
        between_ = result == Z_STREAM_END;
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            done.problem = stream.msg != nullptr ? stream.msg : zError(result);
        return done;
    }

    bool at_end() const { return between_; }  ///< whether the packed bytes may end here

private:
    static void close(z_stream* stream) {
        inflateEnd(stream);
        delete stream;
    }

    std::unique_ptr<z_stream, void (*)(z_stream*)> stream_;
    bool ready_ = false;
    bool between_ = false;  // members
};

/// Unpacks Zstandard frames (RFC 8878) whose windows are at most 128 MiB, what every decoder should take.
class zstd_unpacker {
public:
    zstd_unpacker() : context_{ZSTD_createDCtx(), &ZSTD_freeDCtx} {
        constexpr int window_log = 27;
        if (context_) ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log);
    }

    /// Unpacks some of `packed` into `to`.
    unpacked unpack(std::string_view packed, std::span<char> to) {
        if (!context_) return {.problem = "there is no memory to unpack with"};
        ZSTD_inBuffer in{packed.data(), packed.size(), 0};
        ZSTD_outBuffer out{to.data(), to.size(), 0};
        const std::size_t left = ZSTD_decompressStream(context_.get(), &out, &in);
        const bool failed = ZSTD_isError(left) != 0;
        // Without packed bytes between frames the answer is how many a next frame would begin with.
        if (!packed.empty() || out.pos > 0 || !between_) between_ = left == 0;
        return {in.pos, out.pos, failed ? ZSTD_getErrorName(left) : ""};
    }

    bool at_end() const { return between_; }  ///< whether the packed bytes may end here

private:
    std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context_;
    bool between_ = true;  // frames
};

}  // namespace aha::detail
