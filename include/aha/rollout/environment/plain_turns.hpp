#pragma once

#include <span>
#include <string>
#include <vector>

#include <aha/core/environment_answer.hpp>
#include <aha/core/records.hpp>
#include <aha/core/token_id.hpp>

namespace aha {

/// How an environment's answers become tokens: the text alone, between the policy's tokens. For models without a chat
/// template.
class plain_turns {
public:
    /// The tokens that stand between the policy's turn and its next.
    /// @param answers all so far, the last one to be written
    template <class Tokenizer>
    std::vector<token_id> operator()(const Tokenizer& tokenizer, const prompt&, const completion&,
                                     std::span<const environment_answer> answers) const {
        return tokenizer.encode(answers.back().text);
    }
};

}  // namespace aha
