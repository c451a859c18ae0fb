#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <aha/core/error.hpp>
#include <aha/core/token_id.hpp>
#include <aha/files/utf8.hpp>

namespace aha::detail::tokenizing {

/// Ids beyond this are damage: no vocabulary is that large.
inline constexpr token_id id_limit = 10'000'000;

/// A text out of a file that nobody vouches for, fit for a message: quoted, one line, about 80 bytes at most.
inline std::string shown(std::string_view text) {
    std::string result = "\"";
    for (const char c : utf8::replace_invalid(text.substr(0, 80)))
        result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return result + (text.size() > 80 ? "...\"" : "\"");
}

/// A part of a JSON file, with the name of its place for messages: "tokenizer.json: model.merges[3]". It looks at the
/// value and does not own it. Whatever has not the type asked for is an `aha::error`.
class json_part {
public:
    json_part(const nlohmann::json& value, std::string place, bool is_root = false)
        : value_{&value}, place_{std::move(place)}, separator_{is_root ? ": " : "."} {}

    const nlohmann::json& value() const { return *value_; }
    const std::string& place() const { return place_; }

    /// The member `key`, or nothing if it is missing or null.
    std::optional<json_part> find(std::string_view key) const {
        require(value_->is_object(), place_, " is not an object");
        const auto found = value_->find(key);
        if (found == value_->end() || found->is_null()) return std::nullopt;
        return json_part{*found, place_ + separator_ + std::string{key}};
    }

    /// The member `key`.
    json_part at(std::string_view key) const {
        auto found = find(key);
        require(found.has_value(), place_, separator_, key, " is missing");
        return *std::move(found);
    }

    /// How many elements the list has.
    std::size_t size() const {
        require(value_->is_array(), place_, " is not a list");
        return value_->size();
    }
    json_part item(std::size_t i) const { return {(*value_)[i], place_ + "[" + std::to_string(i) + "]"}; }

    /// The string, which must be UTF-8.
    const std::string& text() const {
        require(value_->is_string(), place_, " is not a string");
        const auto& text = value_->get_ref<const std::string&>();
        require(utf8::is_valid(text), place_, " is not UTF-8");
        return text;
    }
    bool flag() const {
        require(value_->is_boolean(), place_, " is neither true nor false");
        return value_->get<bool>();
    }
    bool flag(std::string_view key, bool otherwise) const {
        const auto found = find(key);
        return found ? found->flag() : otherwise;
    }
    /// The whole number from 0.
    std::uint64_t count() const {
        require(value_->is_number_integer() && (value_->is_number_unsigned() || value_->get<std::int64_t>() >= 0),
                place_, " is not a whole number from 0");
        return value_->get<std::uint64_t>();
    }
    token_id id() const {
        require(value_->is_number_integer(), place_, " is not a whole number");
        const bool too_large = value_->is_number_unsigned() && value_->get<std::uint64_t>() >= std::uint64_t{id_limit};
        const token_id id = too_large ? id_limit : value_->get<token_id>();
        require(id >= 0 && id < id_limit, place_, " is ", value_->dump(), ", not an id from 0 to ", id_limit - 1);
        return id;
    }

private:
    const nlohmann::json* value_;
    std::string place_;
    const char* separator_;
};

}  // namespace aha::detail::tokenizing
