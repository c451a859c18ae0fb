#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aha/core/token_id.hpp>

namespace aha::detail::tokenizing {

/// Ids beyond this are damage: no vocabulary is that large.
inline constexpr token_id id_limit = 10'000'000;

/// A text out of a file that nobody vouches for, fit for a message: quoted, one line, about 80 bytes at most.
std::string shown(std::string_view text);

/// A part of a JSON file, with the name of its place for messages: "tokenizer.json: model.merges[3]". It looks at the
/// value and does not own it. Whatever has not the type asked for is an `aha::error`.
class json_part {
public:
    json_part(const nlohmann::json& value, std::string place, bool is_root = false)
        : value_{&value}, place_{std::move(place)}, separator_{is_root ? ": " : "."} {}

    const nlohmann::json& value() const { return *value_; }
    const std::string& place() const { return place_; }

    /// The member `key`, or nothing if it is missing or null.
    std::optional<json_part> find(std::string_view key) const;

    /// The member `key`.
    json_part at(std::string_view key) const;

    /// How many elements the list has.
    std::size_t size() const;
    json_part item(std::size_t i) const { return {(*value_)[i], place_ + "[" + std::to_string(i) + "]"}; }

    /// The string, which must be UTF-8.
    const std::string& text() const;
    bool flag() const;
    bool flag(std::string_view key, bool otherwise) const;
    /// The whole number from 0.
    std::uint64_t count() const;
    token_id id() const;

private:
    const nlohmann::json* value_;
    std::string place_;
    const char* separator_;
};

}  // namespace aha::detail::tokenizing

#ifndef AHA_COMPILED
#include <aha/text/json_part.ipp>
#endif
