#pragma once

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <aha/data/unpacked_file.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/data/file_kind.hpp>

namespace aha::detail {

AHA_INLINE gzip_unpacker::gzip_unpacker() : stream_{new z_stream{}, &close} {
    constexpr int gzip_only = 16 + MAX_WBITS;
    ready_ = inflateInit2(stream_.get(), gzip_only) == Z_OK;
}

AHA_INLINE unpacked gzip_unpacker::unpack(std::string_view packed, std::span<char> to) {
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

AHA_INLINE void gzip_unpacker::close(z_stream* stream) {
    inflateEnd(stream);
    delete stream;
}

AHA_INLINE zstd_unpacker::zstd_unpacker() : context_{ZSTD_createDCtx(), &ZSTD_freeDCtx} {
    constexpr int window_log = 27;
    if (context_) ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, window_log);
}

AHA_INLINE unpacked zstd_unpacker::unpack(std::string_view packed, std::span<char> to) {
    if (!context_) return {.problem = "there is no memory to unpack with"};
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    ZSTD_outBuffer out{to.data(), to.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context_.get(), &out, &in);
    const bool failed = ZSTD_isError(left) != 0;
    // Without packed bytes between frames the answer is how many a next frame would begin with.
    if (!packed.empty() || out.pos > 0 || !between_) between_ = left == 0;
    return {in.pos, out.pos, failed ? ZSTD_getErrorName(left) : ""};
}

AHA_INLINE unpacked_file::unpacked_file(std::filesystem::path path)
    : path_{std::move(path)}, packed_(std::size_t{1} << 16) {
    std::error_code ignored;
    require(!std::filesystem::is_directory(path_, ignored), path_, " is a folder, not a file of JSON lines");
    errno = 0;
    in_.open(path_, std::ios::binary);
    require(in_.is_open(), "cannot open ", path_, ": ", std::strerror(errno));
}

AHA_INLINE std::size_t unpacked_file::read(std::span<char> to, std::int64_t line) {
    if (!begun_) begin(line);
    std::size_t given = 0;
    while (given < to.size() && problem_.empty()) {
        if (begin_ == end_ && !ended_) refill(line);
        const unpacked done = unpack(to.subspan(given));
        begin_ += done.taken;
        given += done.given;
        problem_ = done.problem;
        if (done.taken + done.given > 0 || (begin_ == end_ && !ended_)) continue;
        if (at_end()) break;
        if (problem_.empty()) problem_ = "they end too early";
    }
    require(given > 0 || problem_.empty(), path_.string(), ": the ", name(), " data are damaged after line ", line,
            ": ", problem_);
    return given;
}

AHA_INLINE void unpacked_file::begin(std::int64_t line) {
    begun_ = true;
    refill(line);
    const std::string_view first{packed_.data(), end_};
    if (is_gzip(first)) unpacker_.emplace<gzip_unpacker>();
    else if (is_zstd(first)) unpacker_.emplace<zstd_unpacker>();
}

AHA_INLINE void unpacked_file::refill(std::int64_t line) {
    errno = 0;
    in_.read(packed_.data(), static_cast<std::streamsize>(packed_.size()));
    require(!in_.bad(), "cannot read ", path_, " after line ", line, ": ", std::strerror(errno));
    begin_ = 0;
    end_ = static_cast<std::size_t>(in_.gcount());
    ended_ = end_ < packed_.size();
}

AHA_INLINE unpacked unpacked_file::unpack(std::span<char> to) {
    const std::string_view packed{packed_.data() + begin_, end_ - begin_};
    if (auto* gzip = std::get_if<gzip_unpacker>(&unpacker_)) return gzip->unpack(packed, to);
    if (auto* zstd = std::get_if<zstd_unpacker>(&unpacker_)) return zstd->unpack(packed, to);
    const std::size_t size = std::min(packed.size(), to.size());
    std::copy_n(packed.data(), size, to.data());
    return {size, size};
}

AHA_INLINE bool unpacked_file::at_end() const {
    if (const auto* gzip = std::get_if<gzip_unpacker>(&unpacker_)) return gzip->at_end();
    if (const auto* zstd = std::get_if<zstd_unpacker>(&unpacker_)) return zstd->at_end();
    return true;
}

AHA_INLINE std::string_view unpacked_file::name() const {
    return std::holds_alternative<gzip_unpacker>(unpacker_) ? "gzip" : "zstd";
}

}  // namespace aha::detail
