#pragma once

#include <string_view>
#include <vector>

#include <aha/rollout/environment/tool_call.hpp>

namespace aha {

/// Calls as Llama 3.1 writes them: the whole turn is a JSON object with "name" and "parameters", perhaps after
/// `<|python_tag|>`. One call a turn.
struct llama_calls {
    std::vector<tool_call> operator()(std::string_view said) const {
        constexpr std::string_view tag = "<|python_tag|>", space = " \t\r\n";
        const std::size_t begin = said.find_first_not_of(space);
        if (begin == std::string_view::npos) return {};
        said = said.substr(begin, said.find_last_not_of(space) + 1 - begin);
        const bool tagged = said.starts_with(tag);
        if (tagged) said.remove_prefix(tag.size());
        else if (!said.starts_with("{") || said.find("\"name\"") == std::string_view::npos) return {};
        return {detail::read_call(said, "parameters")};
    }
};

}  // namespace aha
