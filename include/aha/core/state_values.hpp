#pragma once

#include <nlohmann/json.hpp>

namespace aha {

/// The part of an `aha::state` that needs no tensors: all that a prompt source remembers. It converts to a state, and a
/// state is one, so that sources of prompts need no LibTorch.
struct state_values {
    nlohmann::json values = nlohmann::json::object();  ///< anything JSON holds
};

}  // namespace aha
