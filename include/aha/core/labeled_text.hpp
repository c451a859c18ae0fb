#pragma once

#include <cstdint>
#include <vector>

#include <aha/core/token_id.hpp>

namespace aha {

/// A text that was judged by itself, as tokens.
struct labeled_text {
    std::int64_t index = 0;     ///< position in the data set, for messages
    std::vector<token_id> ids;  ///< the whole text, prompt and end token included
    double label = 0;           ///< 1: good (safe), 0: bad; between them: how likely it is good
    bool operator==(const labeled_text&) const = default;
};

}  // namespace aha
