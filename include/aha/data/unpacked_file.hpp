#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ios>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>
#include <zlib.h>
#include <zstd.h>

#include <aha/core/error.hpp>
#include <aha/data/file_kind.hpp>

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

/// The bytes of a file one after the other, unpacked if gzip or zstd packed them: its first bytes say so, not its name.
class unpacked_file {
public:
    /// Opens `path`, which may be a pipe. Throws `aha::error` naming it if it is missing, not readable or a folder.
    explicit unpacked_file(std::filesystem::path path) : path_{std::move(path)}, packed_(std::size_t{1} << 16) {
        std::error_code ignored;
        require(!std::filesystem::is_directory(path_, ignored), path_, " is a folder, not a file of JSON lines");
        errno = 0;
        in_.open(path_, std::ios::binary);
        require(in_.is_open(), "cannot open ", path_, ": ", std::strerror(errno));
    }

    /// Writes the next bytes to the beginning of `to` and says how many; 0 is the end. Throws `aha::error` naming the
    /// file and `line`, the last one that was whole, if it cannot be read or unpacked, after what could be was given.
    std::size_t read(std::span<char> to, std::int64_t line) {
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

    /// Whether what `read` gives stands in the file as it is.
    bool plain() const { return std::holds_alternative<std::monostate>(unpacker_); }

private:
    void begin(std::int64_t line) {
        begun_ = true;
        refill(line);
        const std::string_view first{packed_.data(), end_};
        if (is_gzip(first)) unpacker_.emplace<gzip_unpacker>();
        else if (is_zstd(first)) unpacker_.emplace<zstd_unpacker>();
    }

    void refill(std::int64_t line) {
        errno = 0;
        in_.read(packed_.data(), static_cast<std::streamsize>(packed_.size()));
        require(!in_.bad(), "cannot read ", path_, " after line ", line, ": ", std::strerror(errno));
        begin_ = 0;
        end_ = static_cast<std::size_t>(in_.gcount());
        ended_ = end_ < packed_.size();
    }

    unpacked unpack(std::span<char> to) {
        const std::string_view packed{packed_.data() + begin_, end_ - begin_};
        if (auto* gzip = std::get_if<gzip_unpacker>(&unpacker_)) return gzip->unpack(packed, to);
        if (auto* zstd = std::get_if<zstd_unpacker>(&unpacker_)) return zstd->unpack(packed, to);
        const std::size_t size = std::min(packed.size(), to.size());
        std::copy_n(packed.data(), size, to.data());
        return {size, size};
    }

    bool at_end() const {
        if (const auto* gzip = std::get_if<gzip_unpacker>(&unpacker_)) return gzip->at_end();
        if (const auto* zstd = std::get_if<zstd_unpacker>(&unpacker_)) return zstd->at_end();
        return true;
    }

    std::string_view name() const { return std::holds_alternative<gzip_unpacker>(unpacker_) ? "gzip" : "zstd"; }

    std::filesystem::path path_;
    std::ifstream in_;
    std::vector<char> packed_;
    std::size_t begin_ = 0, end_ = 0;  // what of `packed_` is not yet used
    bool begun_ = false, ended_ = false;
    std::string problem_;  // of the packed bytes after those that were given
    std::variant<std::monostate, gzip_unpacker, zstd_unpacker> unpacker_;
};

}  // namespace aha::detail
