#pragma once

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <span>

#include <aha/pretrained/safetensors_writer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/atomic_file.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/files/strict_json.hpp>
#include <aha/pretrained/safetensors.hpp>

namespace aha::detail {

/// Place of a type in the format's order.
inline std::size_t safetensors_rank(const std::string& where, const std::string& name, const at::Tensor& tensor) {
    require(tensor.defined() && tensor.layout() == at::kStrided, where, ": tensor ", shown_name(name),
            " is undefined or not dense");
    const auto known = std::ranges::find(safetensors_types, tensor.scalar_type(), &safetensors_type::type);
    require(known != safetensors_types.end(), where, ": tensor ", shown_name(name), " has the type ",
            c10::toString(tensor.scalar_type()), ", which a safetensors file cannot hold");
    return static_cast<std::size_t>(known - safetensors_types.begin());
}

AHA_INLINE std::uint64_t bytes_of(const at::Tensor& tensor) {
    return static_cast<std::uint64_t>(tensor.numel()) * tensor.element_size();
}

}  // namespace aha::detail

namespace aha {

AHA_INLINE void write_safetensors(const std::filesystem::path& path, const named_tensors& tensors,
                                  const std::map<std::string, std::string>& metadata) {
    const std::string where = path.string();
    struct item {
        std::size_t rank;
        const std::pair<std::string, at::Tensor>* named;
    };
    std::vector<item> items;
    std::set<std::string> names{"__metadata__"};
    for (const auto& named : tensors) {
        require(names.insert(named.first).second, where, ": the tensor name ", detail::shown_name(named.first),
                " is reserved or given twice");
        items.push_back({detail::safetensors_rank(where, named.first, named.second), &named});
    }
    std::ranges::sort(items, [](const item& a, const item& b) {
        return a.rank != b.rank ? a.rank > b.rank : a.named->first < b.named->first;
    });

    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) header["__metadata__"] = metadata;
    std::uint64_t offset = 0;
    for (const item& i : items) {
        const std::uint64_t end = offset + detail::bytes_of(i.named->second);
        header[i.named->first] = {{"dtype", detail::safetensors_types[i.rank].name},
                                  {"shape", i.named->second.sizes().vec()},
                                  {"data_offsets", {offset, end}}};
        offset = end;
    }
    std::string text = detail::dump_json(header, where);
    text.resize((text.size() + 7) / 8 * 8, ' ');
    require(text.size() <= detail::safetensors_header_limit, where, ": too many tensors for one safetensors header");

    atomic_file file{path};
    std::string length;
    for (int shift = 0; shift < 64; shift += 8) length += static_cast<char>(text.size() >> shift & 0xff);
    file.write(length);
    file.write(text);
    for (const item& i : items) {
        const at::Tensor dense = i.named->second.detach().cpu().contiguous();
        file.write({static_cast<const std::byte*>(dense.const_data_ptr()), detail::bytes_of(dense)});
    }
    file.commit();
}

AHA_INLINE void write_safetensors_folder(const std::filesystem::path& folder, const named_tensors& tensors,
                                         std::uint64_t max_shard_bytes) {
    require(max_shard_bytes > 0, "max_shard_bytes must be positive, not 0");
    std::vector<named_tensors> shards(1);
    std::uint64_t in_shard = 0, total = 0;
    std::set<std::string> names;
    for (const auto& named : tensors) {
        detail::safetensors_rank(folder.string(), named.first, named.second);
        require(names.insert(named.first).second, folder.string(), ": the tensor name ",
                detail::shown_name(named.first), " is given twice");
        const std::uint64_t bytes = detail::bytes_of(named.second);
        if (!shards.back().empty() && in_shard + bytes > max_shard_bytes) {
            shards.emplace_back();
            in_shard = 0;
        }
        shards.back().push_back(named);
        in_shard += bytes;
        total += bytes;
    }
    if (shards.size() == 1) return write_safetensors(folder / "model.safetensors", shards[0]);

    nlohmann::json index = {{"metadata", {{"total_size", total}}}, {"weight_map", nlohmann::json::object()}};
    for (std::size_t i = 0; i < shards.size(); ++i) {
        const auto digits = [](std::size_t n) {
            const std::string plain = std::to_string(n);
            return std::string(plain.size() < 5 ? 5 - plain.size() : 0, '0') + plain;
        };
        const std::string name = "model-" + digits(i + 1) + "-of-" + digits(shards.size()) + ".safetensors";
        write_safetensors(folder / name, shards[i]);
        for (const auto& named : shards[i]) index["weight_map"][named.first] = name;
    }
    const std::filesystem::path path = folder / "model.safetensors.index.json";
    write_atomically(path, detail::dump_json(index, path.string(), 2) + "\n");
}

}  // namespace aha
