#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include <aha/rollout/environment/tool_call.hpp>

namespace aha {

/// Calls in the Hermes form, as Qwen's templates write them: `<tool_call>{"name": ..., "arguments":
/// {...}}</tool_call>`, as many as the model likes, with any text around them. The last one's end may be missing: a
/// stop string takes it away. What is said in thoughts is no call.
struct hermes_calls {
    std::vector<tool_call> operator()(std::string_view said) const {
        constexpr std::string_view open = "<tool_call>", close = "</tool_call>";
        std::vector<tool_call> calls;
        std::string_view rest = detail::without_thoughts(said);
        for (std::size_t at = rest.find(open); at != std::string_view::npos; at = rest.find(open)) {
            rest.remove_prefix(at + open.size());
            const std::size_t length = std::min({rest.find(close), rest.find(open), rest.size()});
            calls.push_back(detail::read_call(rest.substr(0, length), "arguments"));
            rest.remove_prefix(length);
        }
        return calls;
    }
};

}  // namespace aha
