#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tests/mutation/damaged_bytes.hpp>

/// GGUF files put together by hand, so that their heads can lie in every field.
namespace mutation {

/// A metadata value as it lies in the file: its type's number and its bytes.
struct gguf_entry {
    std::string key;
    std::uint32_t type = 0;
    std::string bytes;
};

/// A tensor's description.
struct gguf_description {
    std::string name;
    std::vector<std::uint64_t> extents;  // fastest first, as the file has them
    std::uint32_t type = 0;
    std::uint64_t offset = 0;
};

/// A whole file, part by part.
struct gguf_image {
    std::string magic = "GGUF";
    std::uint32_t version = 3;
    std::vector<gguf_entry> entries;
    std::vector<gguf_description> tensors;
    std::uint64_t alignment = 32;
    std::string data;
    std::uint64_t more_entries = 0, more_tensors = 0;  // what the counts lie by

    static std::string text(std::string_view s) { return raw<std::uint64_t>(s.size()) + std::string{s}; }

    void add(std::string key, std::string_view value) { entries.push_back({std::move(key), 8, text(value)}); }
    void add(std::string key, std::uint32_t value) { entries.push_back({std::move(key), 4, raw(value)}); }
    void add(std::string key, float value) { entries.push_back({std::move(key), 6, raw(value)}); }
    void add(std::string key, bool value) {
        entries.push_back({std::move(key), 7, raw(static_cast<std::uint8_t>(value))});
    }
    void add(std::string key, const std::vector<std::string>& values) {
        std::string bytes = raw<std::uint32_t>(8) + raw<std::uint64_t>(values.size());
        for (const std::string& value : values) bytes += text(value);
        entries.push_back({std::move(key), 9, std::move(bytes)});
    }
    template <class Number>
    void add(std::string key, std::uint32_t type, const std::vector<Number>& values) {
        std::string bytes = raw(type) + raw<std::uint64_t>(values.size());
        for (const Number value : values) bytes += raw(value);
        entries.push_back({std::move(key), 9, std::move(bytes)});
    }
    /// A tensor behind those that are there already, of `size` bytes.
    void add_tensor(std::string name, std::vector<std::uint64_t> extents, std::uint32_t type, std::string_view bytes) {
        data.resize((data.size() + alignment - 1) / alignment * alignment, '\0');
        tensors.push_back({std::move(name), std::move(extents), type, data.size()});
        data += bytes;
    }

    std::string bytes() const {
        std::string all = magic + raw(version) + raw<std::uint64_t>(tensors.size() + more_tensors) +
                          raw<std::uint64_t>(entries.size() + more_entries);
        for (const gguf_entry& e : entries) all += text(e.key) + raw(e.type) + e.bytes;
        for (const gguf_description& t : tensors) {
            all += text(t.name) + raw(static_cast<std::uint32_t>(t.extents.size()));
            for (const std::uint64_t extent : t.extents) all += raw(extent);
            all += raw(t.type) + raw(t.offset);
        }
        all.resize((all.size() + alignment - 1) / alignment * alignment, '\0');
        return all + data;
    }
};

namespace detail {

inline void damage_entries(gguf_image& image, chances& chance) {
    if (image.entries.empty()) return;
    gguf_entry& entry = image.entries[chance.below(image.entries.size())];
    gguf_entry& other = image.entries[chance.below(image.entries.size())];
    switch (chance.below(9)) {
        case 0: image.entries.erase(image.entries.begin() + (&entry - image.entries.data())); break;
        case 1:
            image.entries.push_back(
                gguf_entry{chance.one_in(2) ? entry.key : entry.key + "2", entry.type, entry.bytes});
            break;
        case 2: entry.key = chance.one_in(2) ? other.key : damaged_bytes(entry.key, chance); break;
        case 3: entry.type = static_cast<std::uint32_t>(chance.below(15)); break;
        case 4:
            if (&entry != &other) std::swap(entry.bytes, other.bytes), std::swap(entry.type, other.type);
            break;
        case 5: {  // a number at its limits
            const std::string number = raw(chance.pick(extreme_numbers));
            if (entry.type != 8 && entry.type != 9)
                entry.bytes.replace(0, entry.bytes.size(), number, 0, entry.bytes.size());
            else if (entry.bytes.size() >= 8)
                entry.bytes.replace(entry.type == 9 && chance.one_in(2) ? 4 : 0, 8, number);
            break;
        }
        case 6: {  // another value in a list
            if (entry.type != 9 || entry.bytes.size() < 24) break;
            const std::size_t at = 12 + chance.below(entry.bytes.size() - 20);
            entry.bytes.replace(at, 4, raw(chance.pick(extreme_numbers)), 0, 4);
            break;
        }
        case 7: entry.bytes = damaged_bytes(entry.bytes, chance, other.bytes); break;
        default: entry = {entry.key, 8, gguf_image::text(chance.pick(words))};
    }
}

inline void damage_descriptions(gguf_image& image, chances& chance) {
    if (image.tensors.empty()) return;
    gguf_description& t = image.tensors[chance.below(image.tensors.size())];
    gguf_description& other = image.tensors[chance.below(image.tensors.size())];
    switch (chance.below(9)) {
        case 0: image.tensors.erase(image.tensors.begin() + (&t - image.tensors.data())); break;
        case 1: image.tensors.push_back(gguf_description{t}); break;
        case 2: t.name = chance.one_in(2) ? other.name : damaged_bytes(t.name, chance); break;
        case 3: t.type = static_cast<std::uint32_t>(chance.below(44)); break;
        case 4: t.offset = chance.one_in(2) ? other.offset : chance.pick(extreme_numbers); break;
        case 5:
            if (!t.extents.empty()) t.extents[chance.below(t.extents.size())] = chance.pick(extreme_numbers);
            break;
        case 6: t.extents.insert(t.extents.begin(), chance.one_in(2) ? 1 : 2); break;
        case 7: std::swap(t.extents, other.extents); break;
        default:
            if (!t.extents.empty()) t.extents.pop_back();
    }
}

}  // namespace detail

/// The file with its head damaged field by field, its bytes damaged, or both.
inline std::string damaged_gguf(gguf_image image, chances& chance) {
    const bool roughly = chance.one_in(6);
    for (std::size_t n = roughly ? 0 : chance.few(6); n > 0; --n) switch (chance.below(10)) {
            case 0: image.version = static_cast<std::uint32_t>(chance.pick(extreme_numbers)); break;
            case 1:
                (chance.one_in(2) ? image.more_entries : image.more_tensors) =
                    chance.pick(extreme_numbers) - chance.below(3);
                break;
            case 2: image.data = damaged_bytes(image.data, chance); break;
            case 3:
            case 4:
            case 5: detail::damage_descriptions(image, chance); break;
            default: detail::damage_entries(image, chance);
        }
    const std::string bytes = image.bytes();
    if (!roughly && !chance.one_in(10)) return bytes;
    return damaged_bytes(bytes, chance, {}, chance.one_in(2) ? 1500 : std::string::npos);
}

}  // namespace mutation
