#pragma once

#include <aha/text/json_part.hpp>
#include <aha/core/error.hpp>
#include <aha/core/inline.hpp>
#include <aha/files/utf8.hpp>

namespace aha::detail::tokenizing {

AHA_INLINE std::string shown(std::string_view text) {
    std::string result = "\"";
    for (const char c : utf8::replace_invalid(text.substr(0, 80)))
        result += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return result + (text.size() > 80 ? "...\"" : "\"");
}

AHA_INLINE std::optional<json_part> json_part::find(std::string_view key) const {
    require(value_->is_object(), place_, " is not an object");
    const auto found = value_->find(key);
    if (found == value_->end() || found->is_null()) return std::nullopt;
    return json_part{*found, place_ + separator_ + std::string{key}};
}

AHA_INLINE json_part json_part::at(std::string_view key) const {
    auto found = find(key);
    require(found.has_value(), place_, separator_, key, " is missing");
    return *std::move(found);
}

AHA_INLINE std::size_t json_part::size() const {
    require(value_->is_array(), place_, " is not a list");
    return value_->size();
}

AHA_INLINE const std::string& json_part::text() const {
    require(value_->is_string(), place_, " is not a string");
    const auto& text = value_->get_ref<const std::string&>();
    require(utf8::is_valid(text), place_, " is not UTF-8");
    return text;
}

AHA_INLINE bool json_part::flag() const {
    require(value_->is_boolean(), place_, " is neither true nor false");
    return value_->get<bool>();
}

AHA_INLINE bool json_part::flag(std::string_view key, bool otherwise) const {
    const auto found = find(key);
    return found ? found->flag() : otherwise;
}

AHA_INLINE std::uint64_t json_part::count() const {
    require(value_->is_number_integer() && (value_->is_number_unsigned() || value_->get<std::int64_t>() >= 0), place_,
            " is not a whole number from 0");
    return value_->get<std::uint64_t>();
}

AHA_INLINE token_id json_part::id() const {
    require(value_->is_number_integer(), place_, " is not a whole number");
    const bool too_large = value_->is_number_unsigned() && value_->get<std::uint64_t>() >= std::uint64_t{id_limit};
    const token_id id = too_large ? id_limit : value_->get<token_id>();
    require(id >= 0 && id < id_limit, place_, " is ", value_->dump(), ", not an id from 0 to ", id_limit - 1);
    return id;
}

}  // namespace aha::detail::tokenizing
