#pragma once

#include <sys/resource.h>

namespace aha {

/// Most memory that this process has held so far, MiB.
inline double peak_resident_mib() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace aha
