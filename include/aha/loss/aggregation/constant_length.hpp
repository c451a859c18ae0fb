#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <aha/core/error.hpp>

namespace aha {

/// Divided by completions times a constant length: no bias towards short or long completions (Dr. GRPO, Liu et al.
/// 2025, section 3.2; TRL's `dr_grpo` with the token budget as the constant).
class constant_length {
public:
    /// @param length usually the token budget of a completion
    explicit constant_length(std::int64_t length) : length_{length} {
        require(length > 0, "constant_length needs a positive length, not ", length);
    }

    /// @param lengths [S] tokens of each completion of the whole batch
    /// @return [S] weight of each token of a completion
    std::vector<double> operator()(std::span<const std::int64_t> lengths) const {
        return std::vector<double>(lengths.size(),
                                   1.0 / (static_cast<double>(lengths.size()) * static_cast<double>(length_)));
    }

private:
    std::int64_t length_;
};

}  // namespace aha
