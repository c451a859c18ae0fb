#pragma once

#include <cstdint>

#include <aha/core/error.hpp>
#include <aha/core/overlong.hpp>

namespace aha {

/// How long a prompt may be.
struct prompt_limits {
    overlong long_prompts = overlong::refuse;  ///< what becomes of a longer one; cut: it keeps its end
    std::int64_t max_tokens = 0;  ///< most tokens of a prompt; 0: as many as leave room in the model's context for a
                                  ///< token, and where prompts are cut for a completion of the full length
    bool operator==(const prompt_limits&) const = default;

    void validate() const { require(max_tokens >= 0, "max_tokens must be 0 (the context) or more, not ", max_tokens); }
};

}  // namespace aha
