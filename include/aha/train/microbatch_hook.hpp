#pragma once

#include <cstddef>
#include <functional>

namespace aha {

/// Called before each microbatch of a gradient is computed: which of how many.
using microbatch_hook = std::function<void(std::size_t index, std::size_t count)>;

/// Does nothing.
inline microbatch_hook no_hook() {
    return [](std::size_t, std::size_t) {};
}

}  // namespace aha
