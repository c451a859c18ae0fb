#pragma once

#include <cstdint>
#include <vector>

#include <aha/core/token_id.hpp>

namespace aha {

/// Two texts of which one was preferred, as tokens: mostly a prompt with either of two answers. What both begin with is
/// computed once.
struct preference_pair {
    std::int64_t index = 0;          ///< position in the data set, for messages
    std::vector<token_id> chosen;    ///< the whole text, prompt and end token included
    std::vector<token_id> rejected;  ///< likewise
    double margin = 0;               ///< by which the chosen one's score is to be the higher
    std::int64_t prompt_tokens = 0;  ///< with how many tokens both begin that neither wrote: the prompt; 0: all that
                                     ///< both begin with
    bool operator==(const preference_pair&) const = default;
};

}  // namespace aha
