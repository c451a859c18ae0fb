#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
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
    explicit gguf_file(const std::filesystem::path& path);

    /// The file.
    const std::filesystem::path& path() const { return file_->path(); }
    /// All keys and their values.
    const std::map<std::string, gguf_value>& metadata() const { return metadata_; }
    /// Where each tensor is.
    const std::map<std::string, gguf_tensor>& tensors() const { return tensors_; }

    /// The tensor called `name`; throws `aha::error` if there is none.
    const gguf_tensor& tensor(const std::string& name) const;
    /// The stored bytes of a tensor of this file.
    std::span<const std::byte> bytes(const gguf_tensor& t) const;

    /// Values of `key`, if it is there; throws `aha::error` if it has another type.
    std::optional<std::int64_t> integer(const std::string& key) const;
    /// The number under `key`, if there is one.
    std::optional<double> number(const std::string& key) const;
    /// The truth value under `key`, if there is one.
    std::optional<bool> flag(const std::string& key) const { return get<bool>(key, "a boolean"); }
    /// The text under `key`, if there is one.
    std::optional<std::string> text(const std::string& key) const { return get<std::string>(key, "a string"); }
    /// The list of texts under `key`, if there is one.
    std::optional<std::vector<std::string>> texts(const std::string& key) const;
    /// The list of integers under `key`, if there is one.
    std::optional<std::vector<std::int64_t>> integers(const std::string& key) const;

private:
    std::string where() const { return file_->path().string(); }

    const gguf_value* find(const std::string& key) const;
    template <class T>
    std::optional<T> get(const std::string& key, const char* what) const {
        const gguf_value* const value = find(key);
        if (value == nullptr) return std::nullopt;
        const T* const found = std::get_if<T>(value);
        require(found != nullptr, where(), ": ", detail::shown_name(key), " is not ", what);
        return *found;
    }

    void read_value(detail::gguf_cursor& in);

    void read_tensor(detail::gguf_cursor& in, std::uint64_t alignment);

    /// Offsets count from the end of the head, rounded up to the alignment.
    void place_tensors(std::uint64_t head, std::uint64_t alignment);

    std::shared_ptr<const mapped_file> file_;
    std::map<std::string, gguf_value> metadata_;
    std::map<std::string, gguf_tensor> tensors_;
};

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/pretrained/gguf.ipp>
#endif
