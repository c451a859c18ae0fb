#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <sys/resource.h>
#include <thread>

/// OpenMP's threads spin for some milliseconds when they wait for one another. Alone on a machine that is the fastest
/// way to go on; beside other work the one that spins takes the time of the one that it waits for, and a step takes
/// three times as long with one busy process and ten times during a compilation. How long they spin is fixed when a
/// program starts, by environment variables. But GNU's OpenMP hardly spins while it knows of more threads than the
/// machine has processors; so while others want the processors it is shown as many more, which sleep.
namespace aha::detail {

/// More threads of OpenMP's than there are processors, which sleep from construction to destruction.
class sleeping_team {
public:
    sleeping_team() : thread_{[this] { run(); }} {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return made_; });
    }
    ~sleeping_team() {
        {
            const std::lock_guard lock{mutex_};
            over_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    sleeping_team(const sleeping_team&) = delete;
    sleeping_team& operator=(const sleeping_team&) = delete;

private:
    void run() {
        std::atomic<int> members{0};
        const unsigned more_than_processors = std::thread::hardware_concurrency() + 1;
#pragma omp parallel num_threads(more_than_processors)
        ++members;
        std::unique_lock lock{mutex_};
        made_ = members > 0;
        changed_.notify_all();
        changed_.wait(lock, [this] { return over_; });
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    bool made_ = false, over_ = false;
    std::thread thread_;  // last: it uses the others
};

/// Looks, every 50 ms at most, how often this process was taken off a processor for others, and has a `sleeping_team`
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
        due_.store(now + 50'000'000, std::memory_order_relaxed);
    }

    bool busy() const { return team_.has_value(); }  ///< whether others wanted the processors of late

    /// What follows from `rate` times a second of being taken off a processor.
    void decide(double rate) {
        quiet_looks_ = rate < 20 ? quiet_looks_ + 1 : 0;
        if (rate > 60 && !team_) team_.emplace();
        if (quiet_looks_ >= 10) team_.reset();
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
