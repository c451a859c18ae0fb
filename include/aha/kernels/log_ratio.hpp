#pragma once

#include <algorithm>

namespace aha {

/// Log-ratios of two policies' probabilities are held within plus and minus this before they become a ratio (verl's
/// bound). exp(20) is 5e8: a token that far has left every trust region, and its ratio, its square and the norm of its
/// gradient still are numbers of float32. Beyond it the ratio is constant, so that such a token has no gradient through
/// it instead of an infinite one.
inline constexpr double log_ratio_bound = 20;

/// The log-ratio within its bound.
inline double bounded_log_ratio(double log_ratio) { return std::clamp(log_ratio, -log_ratio_bound, log_ratio_bound); }

}  // namespace aha
