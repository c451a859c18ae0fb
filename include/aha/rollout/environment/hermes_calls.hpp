#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <aha/rollout/environment/tool_call.hpp>

namespace aha {

/// Calls in the form of Hermes 2 Pro, which the templates of Qwen 2.5 and Qwen 3 ask for, anywhere in a turn:
///
///     <tool_call>
///     {"name": "add", "arguments": {"a": 1, "b": 2}}
///     </tool_call>
///
/// The last one's end may be missing, since a stop string takes it away. What is said in thoughts is no call.
class hermes_calls {
public:
    /// The calls of a turn, in order.
    std::vector<tool_call> operator()(const std::string& said) const {
        constexpr std::string_view begin = "<tool_call>", end = "</tool_call>";
        std::vector<tool_call> calls;
        std::string_view rest = detail::without_thoughts(said);
        for (std::size_t at; (at = rest.find(begin)) != std::string_view::npos;) {
            rest.remove_prefix(at + begin.size());
            const std::size_t length = std::min(rest.find(end), rest.find(begin));
            calls.push_back(detail::read_tool_call(
                rest.substr(0, length), "arguments",
                R"(<tool_call>{"name": <function-name>, "arguments": <args-json-object>}</tool_call>)"));
            rest.remove_prefix(std::min(length, rest.size()));
        }
        return calls;
    }
};

}  // namespace aha
