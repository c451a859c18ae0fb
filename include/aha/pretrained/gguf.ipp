#pragma once

#include <cstring>
#include <string_view>
#include <utility>

#include <aha/pretrained/gguf.hpp>
#include <aha/core/inline.hpp>

namespace aha {

AHA_INLINE gguf_file::gguf_file(const std::filesystem::path& path) : file_{map_file(path)} {
    detail::gguf_cursor in{file_->bytes(), where()};
    const auto magic = in.take(4, "the magic word");
    require(std::memcmp(magic.data(), "GGUF", 4) == 0, where(), " is not a GGUF file: it does not begin with GGUF");
    const auto version = in.number<std::uint32_t>("the version");
    require(version == 0 || (version & 0xffff) != 0, where(), " is a big-endian GGUF file, which is not supported");
    require(version == 2 || version == 3, where(), ": GGUF version ", version, " is not supported (only 2 and 3)");
    const auto tensors = in.number<std::uint64_t>("the number of tensors");
    const auto values = in.number<std::uint64_t>("the number of metadata keys");
    for (std::uint64_t i = 0; i < values; ++i) read_value(in);
    require(integer("split.count").value_or(1) <= 1, where(), " is one of several parts of a model; merge them first");
    const std::int64_t alignment = integer("general.alignment").value_or(32);
    require(alignment > 0 && alignment <= (1 << 20) && (alignment & (alignment - 1)) == 0, where(),
            ": general.alignment must be a power of two up to 2^20, not ", alignment);
    // A tensor's description takes at least 24 bytes, so a lying count runs into the end of the file soon.
    for (std::uint64_t i = 0; i < tensors; ++i) read_tensor(in, static_cast<std::uint64_t>(alignment));
    place_tensors(in.position(), static_cast<std::uint64_t>(alignment));
}

AHA_INLINE const gguf_tensor& gguf_file::tensor(const std::string& name) const {
    const auto found = tensors_.find(name);
    require(found != tensors_.end(), where(), " has no tensor ", detail::shown_name(name));
    return found->second;
}

AHA_INLINE std::span<const std::byte> gguf_file::bytes(const gguf_tensor& t) const {
    return file_->bytes().subspan(t.begin, t.end - t.begin);
}

AHA_INLINE std::optional<std::int64_t> gguf_file::integer(const std::string& key) const {
    const gguf_value* const value = find(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* n = std::get_if<std::int64_t>(value)) return *n;
    if (const auto* n = std::get_if<std::uint64_t>(value)) {
        require(*n <= std::uint64_t{INT64_MAX}, where(), ": ", detail::shown_name(key), " is too large: ", *n);
        return static_cast<std::int64_t>(*n);
    }
    fail(where(), ": ", detail::shown_name(key), " is not a whole number");
}

AHA_INLINE std::optional<double> gguf_file::number(const std::string& key) const {
    const gguf_value* const value = find(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* x = std::get_if<double>(value)) return *x;
    return static_cast<double>(*integer(key));
}

AHA_INLINE std::optional<std::vector<std::string>> gguf_file::texts(const std::string& key) const {
    return get<std::vector<std::string>>(key, "a list of strings");
}

AHA_INLINE std::optional<std::vector<std::int64_t>> gguf_file::integers(const std::string& key) const {
    return get<std::vector<std::int64_t>>(key, "a list of whole numbers");
}

AHA_INLINE const gguf_value* gguf_file::find(const std::string& key) const {
    const auto found = metadata_.find(key);
    return found == metadata_.end() ? nullptr : &found->second;
}

AHA_INLINE void gguf_file::read_value(detail::gguf_cursor& in) {
    std::string key{in.text("a metadata key")};
    const std::string what = "the metadata value " + detail::shown_name(key);
    gguf_value value = in.value(what);
    require(metadata_.emplace(std::move(key), std::move(value)).second, where(), ": ", what, " is given twice");
}

AHA_INLINE void gguf_file::read_tensor(detail::gguf_cursor& in, std::uint64_t alignment) {
    gguf_tensor t;
    t.name = in.text("a tensor's name");
    const std::string what = where() + ": tensor " + detail::shown_name(t.name);
    const auto dimensions = in.number<std::uint32_t>("a tensor's dimensions");
    require(dimensions >= 1 && dimensions <= 4, what, " has ", dimensions, " dimensions, not 1 to 4");
    std::uint64_t elements = 1;
    for (std::uint32_t i = 0; i < dimensions; ++i) {
        const auto extent = in.number<std::uint64_t>("a tensor's shape");
        // Eight bytes an element are the most that any type takes, with room to spare.
        require(extent > 0 && extent <= std::uint64_t{INT64_MAX} / 64 / elements, what, " has a shape ",
                extent == 0 ? "without elements" : "whose size overflows");
        elements *= extent;
        t.shape.insert(t.shape.begin(), static_cast<std::int64_t>(extent));
    }
    const auto id = in.number<std::uint32_t>("a tensor's type");
    t.type = find_gguf_type(id);
    require(t.type != nullptr, what, " has the type number ", id, ", which is not supported (only ", gguf_type_names(),
            ")");
    require(t.shape.back() % t.type->elements == 0, what, " has rows of ", t.shape.back(), ", which ", t.type->name,
            " cannot store in blocks of ", t.type->elements);
    t.elements = static_cast<std::int64_t>(elements);
    t.begin = in.number<std::uint64_t>("a tensor's offset");
    require(t.begin % alignment == 0, what, " lies at offset ", t.begin, ", which is not a multiple of ", alignment);
    t.end = elements / t.type->elements * t.type->bytes;  // its size, until `place_tensors`
    const std::string name = t.name;
    require(tensors_.emplace(name, std::move(t)).second, what, " is given twice");
}

AHA_INLINE void gguf_file::place_tensors(std::uint64_t head, std::uint64_t alignment) {
    const std::uint64_t size = file_->bytes().size();
    const std::uint64_t data = (head + alignment - 1) / alignment * alignment;
    std::map<std::uint64_t, const gguf_tensor*> by_begin;
    for (auto& [name, t] : tensors_) {
        require(data <= size && t.begin <= size - data && t.end <= size - data - t.begin, where(), ": tensor ",
                detail::shown_name(name), " claims ", t.end, " bytes at offset ", t.begin, ", beyond the file's ", size,
                ": it is truncated or its head lies");
        t.begin += data;
        t.end += t.begin;
        require(by_begin.emplace(t.begin, &t).second, where(), ": tensor ", detail::shown_name(name),
                " begins where another begins");
    }
    const gguf_tensor* before = nullptr;
    for (const auto& [begin, t] : by_begin) {
        require(before == nullptr || before->end <= begin, where(), ": tensor ", detail::shown_name(t->name),
                " begins inside the one before it");
        before = t;
    }
}

}  // namespace aha
