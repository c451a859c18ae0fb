#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tokenizer_support {

inline const std::vector<std::string> kinds{"smollm2", "qwen", "llama3", "deepseek", "gpt2", "flags"};

inline std::filesystem::path data(const std::string& name) {
    return std::filesystem::path{AHA_TEST_DATA} / "text" / "data" / "tokenizers" / name;
}

inline nlohmann::json read(const std::string& name) { return nlohmann::json::parse(std::ifstream{data(name)}); }

inline std::string from_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

}  // namespace tokenizer_support
