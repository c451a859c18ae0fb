#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <aha/core/random.hpp>
#include <aha/core/supervised_example.hpp>

namespace aha::test {

/// `count` examples of 3 to 12 tokens in a vocabulary of 31; the first two tokens are the prompt.
inline std::vector<supervised_example> made_examples(std::size_t count) {
    std::vector<supervised_example> all(count);
    const random_stream random{{21, 0, 0, 0}};
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < count; ++i) {
        all[i].index = static_cast<std::int64_t>(i);
        const auto length = 3 + random.below(n++, 10);
        for (std::size_t t = 0; t < length; ++t) {
            all[i].ids.push_back(static_cast<token_id>(random.below(n++, 31)));
            all[i].loss_mask.push_back(t >= 2 ? 1 : 0);
        }
    }
    return all;
}

}  // namespace aha::test
