#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace aha {

/// A block of `Threads` threads of a kernel, run by one thread of the host: each phase for thread 0, then for thread 1,
/// and so on. Its other implementation is `device_block`, where the threads are a GPU's; the text of a kernel is
/// the same for both, so that it is tested where there is no GPU.
///
/// A kernel is a callable struct of pointers and sizes with the constants `threads` and the member
/// `shared_bytes() const`. It gets a block and speaks in phases: between two phases all threads wait for one another.
/// What a thread remembers from phase to phase is in `values`, what all see is in `shared`.
template <int Threads>
class host_block {
public:
    static constexpr int threads = Threads;  ///< of a block

    /// A number for each thread.
    template <class T>
    class values {
    public:
        T& operator[](int thread) { return all_[static_cast<std::size_t>(thread)]; }  ///< that of `thread`

    private:
        std::vector<T> all_ = std::vector<T>(static_cast<std::size_t>(Threads));
    };

    /// @param index which block of the kernel this is
    host_block(std::int64_t index, std::size_t shared_bytes)
        : index_{index}, memory_(shared_bytes / sizeof(std::max_align_t) + 1) {}

    std::int64_t index() const { return index_; }  ///< which block of the kernel this is

    /// Runs `phase(thread)` for all threads.
    template <class Phase>
    void each(Phase phase) const {
        for (int thread = 0; thread < Threads; ++thread) phase(thread);
    }

    /// `count` further numbers that all threads see; they begin undefined.
    template <class T>
    T* shared(std::int64_t count) {
        used_ = (used_ + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) * alignof(std::max_align_t);
        auto* const place = reinterpret_cast<std::byte*>(memory_.data()) + used_;
        used_ += static_cast<std::size_t>(count) * sizeof(T);
        return std::uninitialized_value_construct_n(reinterpret_cast<T*>(place), count) - count;
    }

    /// The sum over the threads.
    template <class T>
    T sum(values<T>& of) const {
        T total{};
        for (int thread = 0; thread < Threads; ++thread) total += of[thread];
        return total;
    }

    /// The largest over the threads.
    template <class T>
    T max(values<T>& of) const {
        T most = of[0];
        for (int thread = 1; thread < Threads; ++thread) most = std::max(most, of[thread]);
        return most;
    }

    /// Replaces each thread's number by the sum of those before it, and gives the sum of all.
    template <class T>
    T sum_before(values<T>& of) const {
        T total{};
        for (int thread = 0; thread < Threads; ++thread) {
            const T own = of[thread];
            of[thread] = total;
            total += own;
        }
        return total;
    }

    /// Adds to a shared number that other threads add to in the same phase.
    template <class T>
    static void add(T& place, T value) {
        place += value;
    }

private:
    std::int64_t index_;
    std::vector<std::max_align_t> memory_;
    std::size_t used_ = 0;
};

}  // namespace aha
