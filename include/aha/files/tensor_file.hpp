#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <aha/files/atomic_file.hpp>
#include <aha/core/error.hpp>
#include <aha/files/mapped_file.hpp>
#include <aha/files/crc32c.hpp>

/// The file in which a checkpoint keeps its tensors. Little-endian, checksummed throughout, written in one pass with
/// one tensor at a time in host memory:
///
///     "ahastate"                          8 bytes
///     tensors, one after another          row-major
///     index, JSON                         {"tensors": [{"name", "type", "shape", "offset", "crc32c"}, ...], more, ...}
///     offset and size of the index        8 + 8 bytes
///     CRC-32C of the index                4 bytes
///     "ahae"                              4 bytes
namespace aha::detail {

static_assert(std::endian::native == std::endian::little, "tensor files are little-endian");

struct named_type {
    std::string_view name;
    c10::ScalarType type;
};

inline constexpr std::array<named_type, 10> tensor_file_types{{{"bool", at::kBool},
                                                               {"uint8", at::kByte},
                                                               {"int8", at::kChar},
                                                               {"int16", at::kShort},
                                                               {"int32", at::kInt},
                                                               {"int64", at::kLong},
                                                               {"float16", at::kHalf},
                                                               {"bfloat16", at::kBFloat16},
                                                               {"float32", at::kFloat},
                                                               {"float64", at::kDouble}}};

inline constexpr std::string_view tensor_file_begin = "ahastate", tensor_file_end = "ahae";
inline constexpr std::size_t tensor_file_trailer = 8 + 8 + 4 + 4;

template <class Number>
std::string bytes_of_number(Number number) {
    std::string bytes(sizeof number, '\0');
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}

template <class Number>
Number number_in(std::span<const std::byte> bytes, std::size_t at) {
    Number number{};
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

/// Writes `tensors` (any device, any layout in memory) and `index`, to which "tensors" is added, whole or not at all.
/// Throws `aha::error` for a tensor that is undefined, sparse or of a type without a name, and for what the system
/// says.
inline void write_tensor_file(const std::filesystem::path& path, const std::map<std::string, at::Tensor>& tensors,
                              nlohmann::json index) {
    index["tensors"] = nlohmann::json::array();
    atomic_file file{path};
    file.write(tensor_file_begin);
    for (const auto& [name, tensor] : tensors) {
        require(tensor.defined() && tensor.layout() == at::kStrided, "cannot write ", path, ": the tensor \"", name,
                "\" is undefined or not dense");
        const auto known = std::ranges::find(tensor_file_types, tensor.scalar_type(), &named_type::type);
        require(known != tensor_file_types.end(), "cannot write ", path, ": the tensor \"", name, "\" has the type ",
                c10::toString(tensor.scalar_type()), ", which has no place in a checkpoint");
        const at::Tensor dense = tensor.detach().cpu().contiguous();
        const std::span bytes{static_cast<const std::byte*>(dense.const_data_ptr()), dense.nbytes()};
        index["tensors"].push_back({{"name", name},
                                    {"type", known->name},
                                    {"shape", dense.sizes().vec()},
                                    {"offset", file.size()},
                                    {"crc32c", crc32c(bytes)}});
        file.write(bytes);
    }
    std::string text;
    try {
        text = index.dump();
    } catch (const nlohmann::json::exception&) {
        fail("cannot write ", path, ": the name of a tensor in it is not UTF-8");
    }
    const std::uint64_t offset = file.size();
    file.write(text);
    file.write(bytes_of_number(offset) + bytes_of_number<std::uint64_t>(text.size()) + bytes_of_number(crc32c(text)) +
               std::string{tensor_file_end});
    file.commit();
}

/// Reads what `write_tensor_file` wrote: everything in it is checked, and the tensors are copies on the CPU.
class tensor_file {
public:
    /// Throws `aha::error` naming the file, and the tensor if one is at fault, if it is damaged in any way.
    explicit tensor_file(const std::filesystem::path& path) : path_{path} {
        const mapped_file file{path};
        const std::span<const std::byte> bytes = file.bytes();
        require(bytes.size() >= tensor_file_begin.size() + tensor_file_trailer &&
                    text_of(bytes, 0, 8) == tensor_file_begin && text_of(bytes, bytes.size() - 4, 4) == tensor_file_end,
                path_, " is damaged: it is cut off or no checkpoint");
        const std::size_t trailer = bytes.size() - tensor_file_trailer;
        const auto offset = number_in<std::uint64_t>(bytes, trailer),
                   size = number_in<std::uint64_t>(bytes, trailer + 8);
        require(offset >= 8 && offset <= trailer && size == trailer - offset, path_,
                " is damaged: its index is not where it should be");
        const std::string_view text = text_of(bytes, offset, size);
        require(crc32c(text) == number_in<std::uint32_t>(bytes, trailer + 16), path_,
                " is damaged: wrong checksum of its index");
        index_ = nlohmann::json::parse(text, nullptr, false);
        require(index_.is_object() && index_.contains("tensors") && index_["tensors"].is_array(), path_,
                " is damaged: its index is not what it should be");
        for (const nlohmann::json& entry : index_["tensors"]) {
            try {
                read(entry, bytes.first(offset));
            } catch (const nlohmann::json::exception&) {
                fail(path_, " is damaged: its index is not what it should be");
            }
        }
        index_.erase("tensors");
    }

    const std::map<std::string, at::Tensor>& tensors() const { return tensors_; }
    const nlohmann::json& index() const { return index_; }  ///< what was written beside the tensors

private:
    static std::string_view text_of(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
        return {reinterpret_cast<const char*>(bytes.data()) + at, size};
    }

    void read(const nlohmann::json& entry, std::span<const std::byte> bytes) {
        const auto name = entry.at("name").get<std::string>();
        const auto known = std::ranges::find(tensor_file_types, entry.at("type").get<std::string>(), &named_type::name);
        require(known != tensor_file_types.end(), path_, ": the tensor \"", name, "\" has an unknown type");
        const auto shape = entry.at("shape").get<std::vector<std::int64_t>>();
        const auto offset = entry.at("offset").get<std::uint64_t>();
        // An empty tensor may have other extents of any size, as long as its strides can be counted.
        std::uint64_t size = c10::elementSize(known->type), reach = size;
        for (const std::int64_t extent : shape) {
            const auto n = static_cast<std::uint64_t>(extent), most = std::uint64_t{1} << 62;
            require(extent >= 0 && (n == 0 || reach <= most / n), path_, " is damaged: the tensor \"", name,
                    "\" has an impossible shape");
            reach *= std::max<std::uint64_t>(n, 1);
            size *= n;
        }
        require(offset <= bytes.size() && size <= bytes.size() - offset, path_, " is damaged: the tensor \"", name,
                "\" reaches beyond the file");
        const at::Tensor tensor = at::empty(shape, at::TensorOptions{}.dtype(known->type));
        const std::span data = bytes.subspan(offset, size);
        require(crc32c(data) == entry.at("crc32c").get<std::uint32_t>(), path_,
                " is damaged: wrong checksum of the tensor \"", name, "\"");
        if (size > 0) std::memcpy(tensor.mutable_data_ptr(), data.data(), size);
        tensors_[name] = tensor;
    }

    std::filesystem::path path_;
    nlohmann::json index_;
    std::map<std::string, at::Tensor> tensors_;
};

}  // namespace aha::detail
