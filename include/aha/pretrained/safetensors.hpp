#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <aha/files/mapped_file.hpp>

namespace aha {

namespace detail {

/// As the reference library does, so that a lying length cannot ask for all memory.
inline constexpr std::uint64_t safetensors_header_limit = 100'000'000;

}  // namespace detail

/// A safetensors file, memory-mapped. Everything its header says is checked against the file when it is opened; tensors
/// are views of the mapping (they keep it alive) and must not be written to.
/// Format: https://huggingface.co/docs/safetensors (8-byte little-endian header length, JSON header, data without
/// gaps).
class safetensors_file {
public:
    /// Where a tensor lies and what it is.
    struct entry {
        std::string_view type_name;         ///< of its numbers, in the format's words
        c10::ScalarType type = at::kFloat;  ///< ours; Undefined if we have none
        std::vector<std::int64_t> shape;    ///< its extents
        std::uint64_t begin = 0, end = 0;   ///< bytes, from the end of the header
    };

    /// Opens `path`. Throws `aha::error` naming the file, and the tensor if one is at fault.
    explicit safetensors_file(const std::filesystem::path& path);

    /// The file.
    const std::filesystem::path& path() const { return file_->path(); }
    const std::map<std::string, entry>& entries() const { return entries_; }  ///< by name
    /// The texts of its header.
    const std::map<std::string, std::string>& metadata() const { return metadata_; }
    /// Whether it has a tensor of this name.
    bool contains(const std::string& name) const { return entries_.contains(name); }

    /// The tensor called `name`, on the CPU, a view of the file where its alignment allows (else a copy).
    at::Tensor tensor(const std::string& name) const;

private:
    std::string where() const { return file_->path().string(); }

    void read_header(std::string_view text);

    /// As the reference library reads it: blanks around it and a tensor given twice, of which the last counts, are no
    /// faults.
    nlohmann::json parse_header(std::string_view text) const;

    entry read_entry(const nlohmann::json& value, const std::string& tensor) const;

    /// The format allows neither gaps nor overlaps, nor anything after the last tensor.
    void check_layout() const;

    std::shared_ptr<const mapped_file> file_;
    std::span<const std::byte> data_;
    std::map<std::string, entry> entries_;
    std::map<std::string, std::string> metadata_;
};

/// Tensors with the names they have in a file.
using named_tensors = std::vector<std::pair<std::string, at::Tensor>>;

namespace detail {

std::uint64_t bytes_of(const at::Tensor& tensor);

}  // namespace detail

/// Writes one safetensors file, whole or not at all: byte for byte what the reference library writes (widest types
/// first, then by name; header padded with spaces to 8 bytes). Tensors may be on any device and of any layout in
/// memory. Throws `aha::error` for a name given twice, a type the format lacks, or what the system says (a full disk).
void write_safetensors(const std::filesystem::path& path, const named_tensors& tensors,
                       const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

/// Writes `folder`/model.safetensors, or, above `max_shard_bytes`, model-00001-of-0000N.safetensors and so on with
/// model.safetensors.index.json. Tensors keep their order; one larger than a shard gets its own.
void write_safetensors_folder(const std::filesystem::path& folder, const named_tensors& tensors,
                              std::uint64_t max_shard_bytes = 5'000'000'000);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/pretrained/safetensors.ipp>
#endif
