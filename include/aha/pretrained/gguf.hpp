#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/mapped_file.hpp>
#include <aha/pretrained/gguf_cursor.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/pretrained/gguf_types.hpp>

namespace aha {

/// A tensor of a GGUF file.
struct gguf_tensor {
    std::string name;                  ///< as in the file
    const gguf_type* type = nullptr;   ///< how its numbers are packed
    std::vector<std::int64_t> shape;   ///< slowest dimension first, as PyTorch counts (the file has them the other way)
    std::int64_t elements = 0;         ///< how many numbers
    std::uint64_t begin = 0, end = 0;  ///< bytes of the file
};

/// A GGUF file (version 2 or 3, little-endian), memory-mapped. Everything its head says is checked against the file
/// when it is opened. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
class gguf_file {
public:
    /// Opens `path`. Throws `aha::error` naming the file, and the key or tensor at fault.
    explicit gguf_file(const std::filesystem::path& path) : file_{map_file(path)} {
        detail::gguf_cursor in{file_->bytes(), where()};
        const auto magic = in.take(4, "the magic word");
        require(std::memcmp(magic.data(), "GGUF", 4) == 0, where(), " is not a GGUF file: it does not begin with GGUF");
        const auto version = in.number<std::uint32_t>("the version");
        require(version == 0 || (version & 0xffff) != 0, where(), " is a big-endian GGUF file, which is not supported");
        require(version == 2 || version == 3, where(), ": GGUF version ", version, " is not supported (only 2 and 3)");
        const auto tensors = in.number<std::uint64_t>("the number of tensors");
        const auto values = in.number<std::uint64_t>("the number of metadata keys");
        for (std::uint64_t i = 0; i < values; ++i) read_value(in);
        require(integer("split.count").value_or(1) <= 1, where(),
                " is one of several parts of a model; merge them first");
        const std::int64_t alignment = integer("general.alignment").value_or(32);
        require(alignment > 0 && alignment <= (1 << 20) && (alignment & (alignment - 1)) == 0, where(),
                ": general.alignment must be a power of two up to 2^20, not ", alignment);
        // A tensor's description takes at least 24 bytes, so a lying count runs into the end of the file soon.
        for (std::uint64_t i = 0; i < tensors; ++i) read_tensor(in, static_cast<std::uint64_t>(alignment));
        place_tensors(in.position(), static_cast<std::uint64_t>(alignment));
    }

    /// The file.
    const std::filesystem::path& path() const { return file_->path(); }
    /// All keys and their values.
    const std::map<std::string, gguf_value>& metadata() const { return metadata_; }
    /// Where each tensor is.
    const std::map<std::string, gguf_tensor>& tensors() const { return tensors_; }

    /// The tensor called `name`; throws `aha::error` if there is none.
    const gguf_tensor& tensor(const std::string& name) const {
        const auto found = tensors_.find(name);
        require(found != tensors_.end(), where(), " has no tensor ", detail::shown_name(name));
        return found->second;
    }
    /// The stored bytes of a tensor of this file.
    std::span<const std::byte> bytes(const gguf_tensor& t) const {
        return file_->bytes().subspan(t.begin, t.end - t.begin);
    }

    /// Values of `key`, if it is there; throws `aha::error` if it has another type.
    std::optional<std::int64_t> integer(const std::string& key) const {
        const gguf_value* const value = find(key);
        if (value == nullptr) return std::nullopt;
        if (const auto* n = std::get_if<std::int64_t>(value)) return *n;
        if (const auto* n = std::get_if<std::uint64_t>(value)) {
            require(*n <= std::uint64_t{INT64_MAX}, where(), ": ", detail::shown_name(key), " is too large: ", *n);
            return static_cast<std::int64_t>(*n);
        }
        fail(where(), ": ", detail::shown_name(key), " is not a whole number");
    }
    /// The number under `key`, if there is one.
    std::optional<double> number(const std::string& key) const {
        const gguf_value* const value = find(key);
        if (value == nullptr) return std::nullopt;
        if (const auto* x = std::get_if<double>(value)) return *x;
        return static_cast<double>(*integer(key));
    }
    /// The truth value under `key`, if there is one.
    std::optional<bool> flag(const std::string& key) const { return get<bool>(key, "a boolean"); }
    /// The text under `key`, if there is one.
    std::optional<std::string> text(const std::string& key) const { return get<std::string>(key, "a string"); }
    /// The list of texts under `key`, if there is one.
    std::optional<std::vector<std::string>> texts(const std::string& key) const {
        return get<std::vector<std::string>>(key, "a list of strings");
    }
    /// The list of integers under `key`, if there is one.
    std::optional<std::vector<std::int64_t>> integers(const std::string& key) const {
        return get<std::vector<std::int64_t>>(key, "a list of whole numbers");
    }

private:
    std::string where() const { return file_->path().string(); }

    const gguf_value* find(const std::string& key) const {
        const auto found = metadata_.find(key);
        return found == metadata_.end() ? nullptr : &found->second;
    }
    template <class T>
    std::optional<T> get(const std::string& key, const char* what) const {
        const gguf_value* const value = find(key);
        if (value == nullptr) return std::nullopt;
        const T* const found = std::get_if<T>(value);
        require(found != nullptr, where(), ": ", detail::shown_name(key), " is not ", what);
        return *found;
    }

    void read_value(detail::gguf_cursor& in) {
        std::string key{in.text("a metadata key")};
        const std::string what = "the metadata value " + detail::shown_name(key);
        gguf_value value = in.value(what);
        require(metadata_.emplace(std::move(key), std::move(value)).second, where(), ": ", what, " is given twice");
    }

    void read_tensor(detail::gguf_cursor& in, std::uint64_t alignment) {
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
        require(t.type != nullptr, what, " has the type number ", id, ", which is not supported (only ",
                gguf_type_names(), ")");
        require(t.shape.back() % t.type->elements == 0, what, " has rows of ", t.shape.back(), ", which ", t.type->name,
                " cannot store in blocks of ", t.type->elements);
        t.elements = static_cast<std::int64_t>(elements);
        t.begin = in.number<std::uint64_t>("a tensor's offset");
        require(t.begin % alignment == 0, what, " lies at offset ", t.begin, ", which is not a multiple of ",
                alignment);
        t.end = elements / t.type->elements * t.type->bytes;  // its size, until `place_tensors`
        const std::string name = t.name;
        require(tensors_.emplace(name, std::move(t)).second, what, " is given twice");
    }

    /// Offsets count from the end of the head, rounded up to the alignment.
    void place_tensors(std::uint64_t head, std::uint64_t alignment) {
        const std::uint64_t size = file_->bytes().size();
        const std::uint64_t data = (head + alignment - 1) / alignment * alignment;
        std::map<std::uint64_t, const gguf_tensor*> by_begin;
        for (auto& [name, t] : tensors_) {
            require(data <= size && t.begin <= size - data && t.end <= size - data - t.begin, where(), ": tensor ",
                    detail::shown_name(name), " claims ", t.end, " bytes at offset ", t.begin, ", beyond the file's ",
                    size, ": it is truncated or its head lies");
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

    std::shared_ptr<const mapped_file> file_;
    std::map<std::string, gguf_value> metadata_;
    std::map<std::string, gguf_tensor> tensors_;
};

}  // namespace aha
