#pragma once

#include <cstdint>
#include <vector>

#include <aha/core/error.hpp>
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

/// Throws `aha::error` for an example with a loss mask of another length.
inline void require_loss_mask(const supervised_example& example) {
    require(example.ids.size() == example.loss_mask.size(), "example ", example.index, " has ", example.ids.size(),
            " tokens, but ", example.loss_mask.size(), " marks of what is learned");
}

}  // namespace aha
