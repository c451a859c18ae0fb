#pragma once

#include <ATen/Parallel.h>
#include <algorithm>
#include <atomic>
#include <cstdint>

namespace aha {

/// Calls `make_worker()` once a thread and the worker with each of the tasks [0, count), a thread taking the next one
/// whenever it is free: for tasks of unequal size. Tasks must not depend on one another or on who runs them.
/// @param make_worker returns a callable with a task's number; what it captures by value is the thread's own scratch
template <class MakeWorker>
void parallel_tasks(std::int64_t count, MakeWorker make_worker) {
    const std::int64_t threads = std::min<std::int64_t>(count, at::get_num_threads());
    if (threads <= 1 || at::in_parallel_region()) {
        auto worker = make_worker();
        for (std::int64_t task = 0; task < count; ++task) worker(task);
        return;
    }
    std::atomic<std::int64_t> next{0};
    at::parallel_for(0, threads, 1, [&](std::int64_t begin, std::int64_t end) {
        for (; begin < end; ++begin) {
            auto worker = make_worker();
            for (std::int64_t task = next++; task < count; task = next++) worker(task);
        }
    });
}

}  // namespace aha
