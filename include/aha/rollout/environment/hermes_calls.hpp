#pragma once

#include <string_view>
#include <vector>

#include <aha/rollout/environment/tool_call.hpp>

namespace aha {

/// Calls in the Hermes form, as Qwen's templates write them: `<tool_call>{"name": ..., "arguments":
/// {...}}</tool_call>`, as many as the model likes, with any text around them.
struct hermes_calls {
    std::vector<tool_call> operator()(std::string_view said) const {
        constexpr std::string_view open = "<tool_call>", close = "</tool_call>";
        std::vector<tool_call> calls;
        for (std::size_t at = said.find(open); at != std::string_view::npos; at = said.find(open, at)) {
            at += open.size();
            const std::size_t end = said.find(close, at);
            if (end == std::string_view::npos) {
                calls.push_back({.complaint = "the call does not end with </tool_call>"});
                break;
            }
            calls.push_back(detail::read_call(said.substr(at, end - at), "arguments"));
            at = end;
        }
        return calls;
    }
};

}  // namespace aha
