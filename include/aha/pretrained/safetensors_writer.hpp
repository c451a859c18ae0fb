#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace aha {

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
#include <aha/pretrained/safetensors_writer.ipp>
#endif
