#pragma once

#include <cstdint>

namespace aha {

/// A position in a tokenizer's vocabulary.
using token_id = std::int64_t;

}  // namespace aha
