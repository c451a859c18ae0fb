#pragma once

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <utility>

#include <aha/pretrained/safetensors.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/atomic_file.hpp>
#include <aha/files/shown_name.hpp>
#include <aha/files/strict_json.hpp>
#include <aha/pretrained/safetensors_types.hpp>

namespace aha {

AHA_INLINE safetensors_file::safetensors_file(const std::filesystem::path& path) : file_{map_file(path)} {
    const std::uint64_t size = file_->bytes().size();
    require(size >= 8, where(), ": ", size, " bytes are too few for a safetensors file");
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) length = length << 8 | std::to_integer<std::uint64_t>(file_->bytes()[i]);
    require(length <= detail::safetensors_header_limit, where(), ": the safetensors header claims ", length,
            " bytes, more than the ", detail::safetensors_header_limit, " allowed");
    require(length <= size - 8, where(), ": the safetensors header claims ", length, " bytes, but only ", size - 8,
            " follow: the file is truncated or not a safetensors file");
    data_ = file_->bytes().subspan(8 + length);
    read_header({reinterpret_cast<const char*>(file_->bytes().data()) + 8, length});
    check_layout();
}

AHA_INLINE at::Tensor safetensors_file::tensor(const std::string& name) const {
    const auto found = entries_.find(name);
    require(found != entries_.end(), where(), " has no tensor ", detail::shown_name(name));
    const entry& e = found->second;
    require(e.type != c10::ScalarType::Undefined, where(), ": tensor ", detail::shown_name(name), " is of the type ",
            e.type_name, ", which is not supported");
    const auto options = at::TensorOptions{}.dtype(e.type);
    if (e.begin == e.end) return at::empty(e.shape, options);
    // The mapping is read-only; PyTorch has no read-only tensors.
    void* const start = const_cast<std::byte*>(data_.data() + e.begin);
    const bool aligned = reinterpret_cast<std::uintptr_t>(start) % c10::elementSize(e.type) == 0;
    if (aligned && e.type != at::kBool)
        return at::from_blob(
            start, e.shape, [keep = file_](void*) {}, options);
    const at::Tensor copy = at::empty(e.shape, options);
    std::memcpy(copy.mutable_data_ptr(), start, e.end - e.begin);
    if (e.type == at::kBool) {  // any byte may stand in a file, only 0 and 1 in a C++ bool
        auto* const bytes = static_cast<std::uint8_t*>(copy.mutable_data_ptr());
        std::transform(bytes, bytes + (e.end - e.begin), bytes, [](std::uint8_t b) { return b != 0 ? 1 : 0; });
    }
    return copy;
}

AHA_INLINE void safetensors_file::read_header(std::string_view text) {
    const nlohmann::json header = parse_header(text);
    require(header.is_object(), where(), ": the safetensors header is not an object");
    for (const auto& [name, value] : header.items()) {
        if (name == "__metadata__") {
            require(value.is_object() || value.is_null(), where(), ": __metadata__ is not an object");
            for (const auto& [key, word] : value.items()) {
                require(word.is_string(), where(), ": __metadata__ ", detail::shown_name(key), " is not a string");
                metadata_[key] = word.get<std::string>();
            }
        } else {
            entries_[name] = read_entry(value, where() + ": tensor " + detail::shown_name(name));
        }
    }
}

AHA_INLINE nlohmann::json safetensors_file::parse_header(std::string_view text) const {
    const auto check = [&](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
        require(depth <= 64, where(), ": the safetensors header is nested deeper than 64 levels");
        return true;
    };
    try {
        return nlohmann::json::parse(text, check);
    } catch (const nlohmann::json::parse_error& wrong) {
        fail(where(), ": the safetensors header is not valid JSON at byte ", wrong.byte);
    } catch (const nlohmann::json::exception& wrong) {
        fail(where(), ": the safetensors header is not valid JSON: ", wrong.what());
    }
}

AHA_INLINE auto safetensors_file::read_entry(const nlohmann::json& value, const std::string& tensor) const -> entry {
    require(value.is_object() && value.contains("dtype") && value.contains("shape") && value.contains("data_offsets"),
            tensor, " needs dtype, shape and data_offsets");
    const nlohmann::json &type = value["dtype"], &shape = value["shape"], &offsets = value["data_offsets"];
    require(type.is_string(), tensor, " has a dtype that is not a string");
    const auto known = std::ranges::find(detail::safetensors_types, type.get_ref<const std::string&>(),
                                         &detail::safetensors_type::name);
    require(known != detail::safetensors_types.end(), tensor, " has the dtype ",
            detail::shown_name(type.get_ref<const std::string&>()), ", which is not supported");
    entry e{.type_name = known->name, .type = known->type, .shape = {}, .begin = 0, .end = 0};

    require(shape.is_array(), tensor, " has a shape that is not a list");
    require(shape.size() <= 64, tensor, " has ", shape.size(), " dimensions");
    std::uint64_t bits = known->bits, reach = bits;  // reach: strides must fit even beside an empty one
    for (const nlohmann::json& extent : shape) {
        require(extent.is_number_unsigned(), tensor, " has an extent that is not a whole number from 0 up");
        const auto n = extent.get<std::uint64_t>();
        const std::uint64_t limit = std::numeric_limits<std::int64_t>::max();
        require(n == 0 || reach <= limit / n, tensor, " has a shape whose size overflows");
        reach *= std::max<std::uint64_t>(n, 1);
        bits *= n;
        e.shape.push_back(static_cast<std::int64_t>(n));
    }

    require(
        offsets.is_array() && offsets.size() == 2 && offsets[0].is_number_unsigned() && offsets[1].is_number_unsigned(),
        tensor, " has data_offsets that are not two whole numbers");
    e.begin = offsets[0].get<std::uint64_t>();
    e.end = offsets[1].get<std::uint64_t>();
    require(e.begin <= e.end && e.end <= data_.size(), tensor, " claims bytes ", e.begin, " to ", e.end, " of the ",
            data_.size(), " that there are: the file is truncated or its header lies");
    require(bits % 8 == 0, tensor, " is no whole number of bytes");
    require(e.end - e.begin == bits / 8, tensor, " needs ", bits / 8, " bytes for its shape, but claims ",
            e.end - e.begin);
    return e;
}

AHA_INLINE void safetensors_file::check_layout() const {
    std::vector<const std::pair<const std::string, entry>*> in_order;
    for (const auto& named : entries_) in_order.push_back(&named);
    std::ranges::sort(in_order, {}, [](const auto* n) { return std::pair{n->second.begin, n->second.end}; });
    std::uint64_t reached = 0;
    for (const auto* named : in_order) {
        const entry& e = named->second;
        require(e.begin == reached, where(), ": tensor ", detail::shown_name(named->first), " begins at byte ", e.begin,
                e.begin < reached ? ", inside the tensor before it, which ends at " : ", after a gap from ", reached);
        reached = e.end;
    }
    require(reached == data_.size(), where(), ": the tensors end at byte ", reached, " of ", data_.size(),
            " data bytes");
}

}  // namespace aha

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
