#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <omp.h>
#include <optional>
#include <sys/resource.h>
#include <system_error>
#include <thread>

/// OpenMP's threads spin for some milliseconds when they wait for one another. Alone on a machine that is the fastest
/// way to go on; beside other work the one that spins takes the time of the one that it waits for, and a step takes
/// three times as long with one busy process and ten times during a compilation. How long they spin is fixed when a
/// program starts, by environment variables. But GNU's OpenMP hardly spins while it knows of more threads than the
/// machine has processors; so while others want the processors it is shown as many more, which sleep.
namespace aha::detail {

/// More threads of OpenMP's than there are processors, which sleep from construction to destruction. Nobody waits for
/// their end: a process that was forked has them not.
class sleeping_team {
public:
    /// Throws `std::system_error` if there is no thread to be had.
    sleeping_team() {
        std::thread{[memory = memory_] { sleep(*memory); }}.detach();
        std::unique_lock lock{memory_->mutex};
        memory_->changed.wait(lock, [this] { return memory_->made; });
    }
    ~sleeping_team() {
        {
            const std::lock_guard lock{memory_->mutex};
            memory_->over = true;
        }
        memory_->changed.notify_all();
    }
    sleeping_team(const sleeping_team&) = delete;
    sleeping_team& operator=(const sleeping_team&) = delete;

private:
    struct shared_memory {
        std::mutex mutex;
        std::condition_variable changed;
        bool made = false, over = false;
    };

    static void sleep(shared_memory& memory) {
        std::atomic<int> members{0};
        const int more_than_processors = omp_get_num_procs() + 1;  // of those that this process may use
#pragma omp parallel num_threads(more_than_processors)
        ++members;
        std::unique_lock lock{memory.mutex};
        memory.made = members > 0;
        memory.changed.notify_all();
        memory.changed.wait(lock, [&] { return memory.over; });
    }

    std::shared_ptr<shared_memory> memory_ = std::make_shared<shared_memory>();
};

/// Looks, every 200 ms at most, how often this process was taken off a processor for others, and has a `sleeping_team`
/// while that is often.
class neighbor_watch {
public:
    /// Costs a look at the clock where nothing is due.
    void look() {
        const std::int64_t now = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds{1};
        if (now < due_.load(std::memory_order_relaxed)) return;
        const std::unique_lock lock{mutex_, std::try_to_lock};
        if (!lock) return;
        rusage used{};
        if (getrusage(RUSAGE_SELF, &used) != 0) return;
        const double rate = 1e9 * static_cast<double>(used.ru_nivcsw - switches_) / static_cast<double>(now - looked_);
        if (looked_ != 0) decide(rate);
        switches_ = used.ru_nivcsw;
        looked_ = now;
        due_.store(now + 200'000'000, std::memory_order_relaxed);
    }

    bool busy() const { return team_.has_value(); }  ///< whether others wanted the processors of late

    /// What follows from `rate` times a second of being taken off a processor. Threads that spin alone on two
    /// processors are some 50 times a second, for the system's own work; beside a busy process about 200 times; those
    /// that sleep and are woken beside one, thousands of times.
    void decide(double rate) {
        quiet_looks_ = rate < 400 ? quiet_looks_ + 1 : 0;
        if (!team_ && rate > 120) try {
                team_.emplace();
                quiet_looks_ = 0;
            } catch (const std::system_error&) {  // no thread is to be had: the others go on spinning
            }
        if (quiet_looks_ >= 3) team_.reset();
    }

private:
    std::mutex mutex_;
    std::atomic<std::int64_t> due_{0};
    std::int64_t looked_ = 0;
    long switches_ = 0;
    int quiet_looks_ = 0;
    std::optional<sleeping_team> team_;
};

/// Called where much work is about to be done by several threads.
inline void watch_neighbors() {
    static neighbor_watch watch;
    watch.look();
}

}  // namespace aha::detail
