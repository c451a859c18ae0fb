#pragma once

#include <nlohmann/json.hpp>

inline bool matches(const nlohmann::json& text, const std::regex& pattern) {
    return std::regex_match(text.get<std::string>(), pattern);
}
