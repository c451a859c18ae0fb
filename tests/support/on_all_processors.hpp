#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace aha::test {

/// Calls `job(0)` to `job(count - 1)`, as many at a time as there are processors: for jobs that wait for other
/// programs.
template <class Job>
void on_all_processors(std::size_t count, const Job& job) {
    std::atomic<std::size_t> next{0};
    std::vector<std::jthread> threads;
    for (unsigned n = std::max(1U, std::thread::hardware_concurrency()); n > 0; --n)
        threads.emplace_back([&] {
            for (std::size_t i = 0; (i = next.fetch_add(1)) < count;) job(i);
        });
}

}  // namespace aha::test
