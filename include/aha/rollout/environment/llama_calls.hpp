#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <aha/rollout/environment/tool_call.hpp>

namespace aha {

/// Calls in the form that Llama 3.1's template asks for: the turn is the call, alone or after <|python_tag|>, and
/// nothing but a call. Several stand behind one another with semicolons between, as Llama 3.2 writes them:
///
///     {"name": "add", "parameters": {"a": 1, "b": 2}}
class llama_calls {
public:
    /// The calls of a turn, in order.
    std::vector<tool_call> operator()(const std::string& said) const {
        constexpr std::string_view tag = "<|python_tag|>", blanks = " \t\r\n";
        const auto trim = [&](std::string_view text) {
            text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
            return text;
        };
        std::string_view rest = trim(detail::without_thoughts(said));
        const std::size_t tagged = rest.find(tag);
        if (tagged != std::string_view::npos) rest = trim(rest.substr(tagged + tag.size()));
        // A text in braces that names nothing is an answer in JSON.
        else if (!rest.starts_with('{') || rest.find("\"name\"") == std::string_view::npos) return {};
        std::vector<tool_call> calls;
        do {
            const std::size_t length = object_length(rest);
            calls.push_back(detail::read_tool_call(
                rest.substr(0, length), "parameters",
                R"({"name": function name, "parameters": dictionary of argument name and its value})"));
            rest = trim(rest.substr(length));
            if (!rest.starts_with(';')) break;
            rest = trim(rest.substr(1));
        } while (rest.starts_with('{'));
        return calls;
    }

private:
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
