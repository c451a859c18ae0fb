#pragma once

#include <cstdint>

namespace aha {

/// The chance that at least one of k samples is right, estimated without bias from n samples of which c are:
/// 1 - C(n - c, k) / C(n, k) (Chen et al. 2021, equation 1), as a product that does not overflow.
/// Throws `aha::error` for numbers that cannot be.
double pass_at_k(std::int64_t samples, std::int64_t correct, std::int64_t k);

}  // namespace aha

#ifndef AHA_COMPILED
#include <aha/reward/pass_at_k.ipp>
#endif
