#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <aha/core/error.hpp>

/// How ranks put what they tell one another into bytes, bit for bit: numbers that are none arrive as what they are. All
/// ranks of a run are one program on one kind of machine, so memory is copied as it is.
namespace aha::detail {

class byte_writer {
public:
    template <class T>
        requires std::is_trivially_copyable_v<T>
    void put(const T& value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    /// A text, or a vector of what memory holds.
    template <class Row>
        requires requires(const Row& row) { row.data(), row.size(); }
    void put(const Row& row) {
        put(static_cast<std::uint64_t>(row.size()));
        bytes_.append(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(*row.data()));
    }
    /// Names with numbers: a map or a vector of pairs.
    template <class Pairs>
    void put_pairs(const Pairs& pairs) {
        put(static_cast<std::uint64_t>(pairs.size()));
        for (const auto& [name, value] : pairs) put(name), put(value);
    }
    std::string take() { return std::move(bytes_); }

private:
    std::string bytes_;
};

/// Takes what a `byte_writer` put, in the same order.
class byte_reader {
public:
    explicit byte_reader(std::string_view bytes) : bytes_{bytes} {}

    template <class T>
    T get() {
        T value{};
        if constexpr (std::is_trivially_copyable_v<T>) {
            read(&value, sizeof value);
        } else {
            const auto count = get<std::uint64_t>();
            require(count <= bytes_.size(), "the bytes of another rank end early");
            value.resize(count);
            read(value.data(), count * sizeof(*value.data()));
        }
        return value;
    }
    template <class Pairs>
    Pairs get_pairs() {
        Pairs pairs;
        for (auto left = get<std::uint64_t>(); left > 0; --left) {
            auto name = get<std::string>();
            pairs.insert(pairs.end(), {std::move(name), get<decltype(Pairs::value_type::second)>()});
        }
        return pairs;
    }
    bool done() const { return bytes_.empty(); }

private:
    void read(void* to, std::size_t size) {
        require(size <= bytes_.size(), "the bytes of another rank end early");
        if (size > 0) std::memcpy(to, bytes_.data(), size);
        bytes_.remove_prefix(size);
    }

    std::string_view bytes_;
};

}  // namespace aha::detail
