#pragma once

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <aha/io/tensorboard_writer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/crc32c.hpp>

namespace aha::detail {

/// A number's lowest `count` bytes, little-endian.
inline std::string little_endian(std::uint64_t number, int count) {
    std::string bytes;
    for (int i = 0; i < count; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xff);
    return bytes;
}

/// One record of a TFRecord file: length, its checksum, data, its checksum; checksums are rotated and offset so that
/// they do not collide with those of what they check (tensorflow/core/lib/io/record_writer.h).
inline std::string tf_record(std::string_view data) {
    const auto masked = [](std::string_view bytes) {
        return little_endian(static_cast<std::uint32_t>(std::rotr(crc32c(bytes), 15) + 0xa282ead8U), 4);
    };
    const std::string length = little_endian(data.size(), 8);
    return length + masked(length) + std::string{data} + masked(data);
}

/// Fields of Protocol Buffers (https://protobuf.dev/programming-guides/encoding): a tag of number and wire type, then
/// the value.
inline std::string protobuf_varint(std::uint64_t number) {
    std::string bytes;
    for (; number >= 0x80; number >>= 7) bytes += static_cast<char>((number & 0x7f) | 0x80);
    return bytes + static_cast<char>(number);
}

inline std::string protobuf_number(int field, std::uint64_t value) {
    return protobuf_varint(static_cast<std::uint64_t>(field) << 3) + protobuf_varint(value);
}

inline std::string protobuf_double(int field, double value) {
    return protobuf_varint(static_cast<std::uint64_t>(field) << 3 | 1) +
           little_endian(std::bit_cast<std::uint64_t>(value), 8);
}

inline std::string protobuf_float(int field, float value) {
    return protobuf_varint(static_cast<std::uint64_t>(field) << 3 | 5) +
           little_endian(std::bit_cast<std::uint32_t>(value), 4);
}

inline std::string protobuf_bytes(int field, std::string_view value) {
    return protobuf_varint(static_cast<std::uint64_t>(field) << 3 | 2) + protobuf_varint(value.size()) +
           std::string{value};
}

/// Messages of tensorflow/core/util/event.proto and framework/summary.proto. `wall_time` is in seconds since 1970.
/// The first one of a file.
inline std::string version_event(double wall_time) {
    return protobuf_double(1, wall_time) + protobuf_bytes(3, "brain.Event:2");
}

/// "What is there from `step` on is void": a killed run's steps beyond the checkpoint.
inline std::string restart_event(double wall_time, std::int64_t step) {
    return protobuf_double(1, wall_time) + protobuf_number(2, static_cast<std::uint64_t>(step)) +
           protobuf_bytes(7, protobuf_number(1, 1));
}

inline std::string scalars_event(double wall_time, std::int64_t step,
                                 const std::vector<std::pair<std::string, double>>& scalars) {
    std::string summary;
    for (const auto& [name, value] : scalars)
        summary += protobuf_bytes(1, protobuf_bytes(1, name) + protobuf_float(2, static_cast<float>(value)));
    return protobuf_double(1, wall_time) + protobuf_number(2, static_cast<std::uint64_t>(step)) +
           protobuf_bytes(5, summary);
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE void tensorboard_writer::on_start(const run_info& info) {
    std::error_code wrong;
    std::filesystem::create_directories(folder_, wrong);
    out_.emplace(folder_ / next_name(), true);
    out_->append(detail::tf_record(detail::version_event(now())));
    if (info.start_step > 0) out_->append(detail::tf_record(detail::restart_event(now(), info.start_step + 1)));
}

AHA_INLINE void tensorboard_writer::on_step(const step_report& report) {
    if (!out_) on_start({.total_steps = report.total_steps, .start_step = report.step - 1});
    out_->append(detail::tf_record(detail::scalars_event(now(), report.step, report.metrics)));
}

AHA_INLINE double tensorboard_writer::now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

AHA_INLINE std::string tensorboard_writer::next_name() const {
    const std::string_view begin = "events.out.tfevents.";
    auto time = static_cast<std::int64_t>(now());
    std::error_code wrong;
    for (std::filesystem::directory_iterator entry{folder_, wrong}, end; !wrong && entry != end;
         entry.increment(wrong)) {
        const std::string name = entry->path().filename().string();
        std::int64_t other = 0;
        if (name.starts_with(begin)) std::from_chars(name.data() + begin.size(), name.data() + name.size(), other);
        time = std::max(time, other + 1);
    }
    char host[256] = "";
    if (::gethostname(host, sizeof host - 1) != 0 || host[0] == '\0') host[0] = '-', host[1] = '\0';
    return std::string{begin} + std::to_string(time) + '.' + host + '.' + std::to_string(::getpid());
}

}  // namespace aha
