#pragma once

#include <cstdint>
#include <vector>

#include <aha/core/token_id.hpp>

namespace aha {

/// A text to learn from, as tokens. Filled by whoever owns the tokenizer; supervised trainers read it.
struct supervised_example {
    std::int64_t index = 0;     ///< position in the data set, for messages
    std::vector<token_id> ids;  ///< the whole text, the end token included, [T]
    std::vector<std::uint8_t>
        loss_mask;  ///< not 0: the token is predicted and counts in the loss, [T]; the first never is
    bool operator==(const supervised_example&) const = default;
};

}  // namespace aha
