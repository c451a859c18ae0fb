#pragma once

#include <cstdint>
#include <string>

namespace aha {

/// A turn of a completion in which the policy and an environment speak in turns: the policy's tokens, then the
/// environment's answer, which reaches up to the next turn's first token. The last turn has none: a completion ends
/// with a token of the policy.
struct turn {
    std::int64_t begin = 0;  ///< the policy's first token
    std::int64_t end = 0;    ///< one past its last
    std::string said{};      ///< what the policy wrote, as the environment got it
    std::string heard{};     ///< what the environment answered, if anything
    double reward = 0;       ///< what the environment gave for the turn
    bool operator==(const turn&) const = default;
};

}  // namespace aha
