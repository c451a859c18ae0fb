#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "files_support.hpp"

namespace files_support {

inline std::string text(const std::string& s) { return raw<std::uint64_t>(s.size()) + s; }

/// A GGUF file put together by hand.
struct gguf_builder {
    std::string magic = "GGUF";
    std::uint32_t version = 3;
    std::vector<std::string> values, tensors;
    std::string data = std::string(64, '\0');

    gguf_builder& value(const std::string& key, std::uint32_t type, const std::string& bytes) {
        values.push_back(text(key) + raw(type) + bytes);
        return *this;
    }
    gguf_builder& tensor(const std::string& name, std::vector<std::uint64_t> extents, std::uint32_t type,
                         std::uint64_t offset) {
        std::string bytes = text(name) + raw(static_cast<std::uint32_t>(extents.size()));
        for (const std::uint64_t extent : extents) bytes += raw(extent);
        tensors.push_back(bytes + raw(type) + raw(offset));
        return *this;
    }
    std::string file() const { return file(tensors.size(), values.size()); }
    std::string file(std::uint64_t tensor_count, std::uint64_t value_count) const {
        std::string all = magic + raw(version) + raw(tensor_count) + raw(value_count);
        for (const std::string& v : values) all += v;
        for (const std::string& t : tensors) all += t;
        all.resize((all.size() + 31) / 32 * 32, '\0');
        return all + data;
    }
};

}  // namespace files_support
