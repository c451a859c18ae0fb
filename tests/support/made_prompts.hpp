#pragma once

#include <cstddef>
#include <vector>

#include <aha/core/records.hpp>
#include <aha/core/token_id.hpp>

namespace aha::test {

/// `count` prompts of tokens; `ids_of` gives the tokens of prompt `i`.
template <class Ids>
std::vector<prompt> made_prompts(std::size_t count, const Ids& ids_of) {
    std::vector<prompt> all(count);
    for (std::size_t i = 0; i < count; ++i) all[i].ids = ids_of(static_cast<token_id>(i));
    return all;
}

}  // namespace aha::test
