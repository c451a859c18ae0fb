#pragma once

#include <sys/resource.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace aha {

/// Most memory that this process has held so far, MiB.
inline double peak_resident_mib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

/// Lets the process keep memory that it freed instead of giving it back at once: a step allocates the same large
/// tensors as the one before, and pages that come back from the system are cleared first, which is a tenth of a step on
/// the CPU. For programs to call once when they start; a setting of the C library (glibc), without effect elsewhere.
inline void keep_freed_memory() {
#if defined(__GLIBC__)
    constexpr int largest = 1 << 30;  // M_MMAP_THRESHOLD takes an int
    mallopt(M_MMAP_THRESHOLD, largest);
    mallopt(M_TRIM_THRESHOLD, -1);  // never: a model of 135 million weights and its gradients are over a gigabyte
    mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace aha
