#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include <aha/rollout/environment/tool_call.hpp>

namespace aha {

/// Calls as Llama 3.1 writes them: the turn is a JSON object with "name" and "parameters", perhaps after
/// `<|python_tag|>`. Several stand behind one another with semicolons between, as Llama 3.2 writes them; what else
/// follows is not read. What is said in thoughts is no call.
struct llama_calls {
    std::vector<tool_call> operator()(std::string_view said) const {
        constexpr std::string_view tag = "<|python_tag|>";
        std::string_view rest = trimmed(detail::without_thoughts(said));
        // A text in braces that names nothing is an answer in JSON.
        if (rest.starts_with(tag)) rest = trimmed(rest.substr(tag.size()));
        else if (!rest.starts_with("{") || rest.find("\"name\"") == std::string_view::npos) return {};
        std::vector<tool_call> calls;
        do {
            const std::size_t length = object_length(rest);
            calls.push_back(detail::read_call(rest.substr(0, length), "parameters"));
            rest = trimmed(rest.substr(length));
            if (!rest.starts_with(";")) break;
            rest = trimmed(rest.substr(1));
        } while (rest.starts_with("{"));
        return calls;
    }

private:
    static std::string_view trimmed(std::string_view text) {
        return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
    }

    /// How much of the text the object takes that it begins with; all if it has no end.
    static std::size_t object_length(std::string_view text) {
        std::size_t depth = 0;
        bool quoted = false;
        for (std::size_t at = 0; at < text.size(); ++at) {
            const char c = text[at];
            if (quoted && c == '\\') ++at;
            else if (c == '"') quoted = !quoted;
            else if (!quoted && c == '{') ++depth;
            else if (!quoted && c == '}' && (depth == 0 || --depth == 0)) return at + 1;
        }
        return text.size();
    }
};

}  // namespace aha
