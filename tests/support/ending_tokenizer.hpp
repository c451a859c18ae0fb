#pragma once

#include <vector>

#include <aha/core/token_id.hpp>
#include <aha/testing/bandit.hpp>

namespace aha::test {

/// Tokens without text, of which each multiple of 7 up to 28 ends a completion: completions are of unequal lengths.
struct ending_tokenizer : testing::arm_tokenizer {
    std::vector<token_id> end_ids() const { return {0, 7, 14, 21, 28}; }
};

}  // namespace aha::test
