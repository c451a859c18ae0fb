#pragma once

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/files/shown_name.hpp>

namespace aha::detail {

/// Reads keys of a JSON object once each, with sentences that name the file and the key. A null counts as missing.
class config_reader {
public:
    // Round brackets: in braces the value would become a list of one.
    config_reader(nlohmann::json object, std::string where) : object_(std::move(object)), where_{std::move(where)} {
        require(object_.is_object(), where_, " is not an object");
    }

    const std::string& where() const { return where_; }
    /// Whether `key` is there, and null.
    bool has_null(const char* key) const { return object_.contains(key) && object_.at(key).is_null(); }
    const nlohmann::json& rest() const { return object_; }  ///< the keys not taken yet

    /// Keeps a sentence about something that was passed over.
    void note(std::string sentence) { notes_.push_back(std::move(sentence)); }
    const std::vector<std::string>& notes() const { return notes_; }  ///< see `note`

    /// The value of `key`, taken out; null if there is none.
    nlohmann::json take(const char* key) {
        const auto found = object_.find(key);
        if (found == object_.end()) return nullptr;
        nlohmann::json value = std::move(*found);
        object_.erase(found);
        return value;
    }
    std::optional<std::int64_t> integer(const char* key) {
        const nlohmann::json value = take(key);
        if (value.is_null()) return std::nullopt;
        return whole(value, key);
    }
    std::int64_t needed_integer(const char* key) {
        const std::optional<std::int64_t> value = integer(key);
        require(value.has_value(), where_, " has no ", key);
        return *value;
    }
    std::optional<double> number(const char* key) {
        const nlohmann::json value = take(key);
        if (value.is_null()) return std::nullopt;
        require(value.is_number(), where_, ": ", key, " must be a number, not ", shown(value));
        return value.get<double>();
    }
    std::optional<bool> flag(const char* key) {
        const nlohmann::json value = take(key);
        if (value.is_null()) return std::nullopt;
        require(value.is_boolean(), where_, ": ", key, " must be true or false, not ", shown(value));
        return value.get<bool>();
    }
    std::optional<std::string> text(const char* key) {
        const nlohmann::json value = take(key);
        if (value.is_null()) return std::nullopt;
        require(value.is_string(), where_, ": ", key, " must be a string, not ", shown(value));
        return value.get<std::string>();
    }
    std::vector<double> numbers(const char* key) {
        const nlohmann::json value = take(key);
        std::vector<double> all;
        require(value.is_array() && !value.empty(), where_, ": ", key, " must be a list of numbers, not ",
                shown(value));
        for (const nlohmann::json& one : value) {
            require(one.is_number(), where_, ": ", key, " must hold numbers, not ", shown(one));
            all.push_back(one.get<double>());
        }
        return all;
    }
    /// A number or a list of numbers.
    std::vector<std::int64_t> integers(const char* key) {
        const nlohmann::json value = take(key);
        std::vector<std::int64_t> all;
        if (value.is_array())
            for (const nlohmann::json& one : value) all.push_back(whole(one, key));
        else if (!value.is_null()) all.push_back(whole(value, key));
        return all;
    }
    /// Throws unless `key` is missing or equals one of `harmless`: a feature of the model that we do not have.
    void refuse(const char* key, std::initializer_list<nlohmann::json> harmless) {
        const nlohmann::json value = take(key);
        if (value.is_null()) return;
        for (const nlohmann::json& one : harmless)
            if (value == one) return;
        fail(where_, ": ", key, " ", shown(value), " is not supported");
    }

private:
    std::int64_t whole(const nlohmann::json& value, const char* key) const {
        const bool fits = value.is_number_integer() &&
                          (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
        require(fits, where_, ": ", key, " must be a whole number, not ", shown(value));
        return value.get<std::int64_t>();
    }
    static std::string shown(const nlohmann::json& value) {
        return value.is_string() ? shown_name(value.get_ref<const std::string&>()) : value.dump().substr(0, 80);
    }

    nlohmann::json object_;
    std::string where_;
    std::vector<std::string> notes_;
};

}  // namespace aha::detail
