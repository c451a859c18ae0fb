#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace aha {

/// A block of `Threads` threads of a kernel on a GPU: the same members as `host_block`.
template <int Threads>
class device_block {
    static_assert(Threads % 32 == 0 && Threads <= 1024);
    static constexpr int warps = Threads / 32;

public:
    static constexpr int threads = Threads;  ///< of a block

    /// A number for each thread: a register.
    template <class T>
    class values {
    public:
        __host__ __device__ T& operator[](int) { return own_; }  ///< this thread's

    private:
        T own_{};
    };

    /// @param memory of the block, for `shared`; its first 1024 bytes are for sums
    __host__ __device__ explicit device_block(unsigned char* memory) : sums_{memory}, free_{memory + reserved_bytes} {}

    static constexpr int reserved_bytes = 1024;  ///< of shared memory, for `sum`, `max` and `sum_before`

    __host__ __device__ std::int64_t index() const { return blockIdx.x; }  ///< which block of the kernel this is

    /// Runs `phase` on all threads, which then wait for one another.
    template <class Phase>
    __host__ __device__ void each(Phase phase) const {
        phase(static_cast<int>(threadIdx.x));
        wait();
    }

    /// `count` further numbers that all threads see; they begin undefined.
    template <class T>
    __host__ __device__ T* shared(std::int64_t count) {
        T* const place = reinterpret_cast<T*>(free_);
        free_ += (count * static_cast<std::int64_t>(sizeof(T)) + 15) / 16 * 16;
        return place;
    }

    /// The sum over the threads.
    template <class T>
    __host__ __device__ T sum(values<T>& of) const {
        return joined(of[0], [](T a, T b) { return a + b; });
    }

    /// The largest over the threads.
    template <class T>
    __host__ __device__ T max(values<T>& of) const {
        return joined(of[0], [](T a, T b) { return a > b ? a : b; });
    }

    /// Replaces each thread's number by the sum of those before it, and gives the sum of all.
    template <class T>
    __host__ __device__ T sum_before(values<T>& of) const {
        const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
        T* const of_warps = reinterpret_cast<T*>(sums_);
        const T own = of[0];
        T up_to = own;
        for (int step = 1; step < 32; step *= 2) {
            const T other = __shfl_up_sync(0xFFFFFFFFU, up_to, static_cast<unsigned>(step));
            if (lane >= step) up_to += other;
        }
        if (lane == 31) of_warps[warp] = up_to;
        wait();
        T before{}, total{};
        for (int w = 0; w < warps; ++w) {
            if (w < warp) before += of_warps[w];
            total += of_warps[w];
        }
        wait();
        of[0] = before + up_to - own;
        return total;
    }

    /// Adds to a shared number that other threads add to in the same phase.
    template <class T>
    __host__ __device__ static void add(T& place, T value) {
        if constexpr (sizeof(T) == 8)
            atomicAdd(reinterpret_cast<unsigned long long*>(&place), static_cast<unsigned long long>(value));
        else atomicAdd(&place, value);
    }

private:
    /// The text of a kernel is compiled for both sides; only the GPU's runs.
    __host__ __device__ static void wait() {
#if defined(__CUDA_ARCH__)
        __syncthreads();
#endif
    }

    /// The same on every thread, whatever the order in which they run: within warps first, then over the warps.
    template <class T, class Join>
    __host__ __device__ T joined(T own, Join join) const {
        static_assert(sizeof(T) * warps <= reserved_bytes);
        T* const of_warps = reinterpret_cast<T*>(sums_);
        for (int step = 16; step > 0; step /= 2) own = join(own, __shfl_xor_sync(0xFFFFFFFFU, own, step));
        if (threadIdx.x % 32 == 0) of_warps[threadIdx.x / 32] = own;
        wait();
        T all = of_warps[0];
        for (int w = 1; w < warps; ++w) all = join(all, of_warps[w]);
        wait();
        return all;
    }

    unsigned char* sums_;
    unsigned char* free_;
};

}  // namespace aha
