#pragma once

#include <ATen/ATen.h>
#include <cstdint>
#include <string>
#include <vector>

#include <aha/core/policy_batch.hpp>
#include <tests/support/complaint.hpp>

namespace aha::test {

/// Tokens with these ratios to the old policy and to the reference (pi_ref / pi).
/// @param sequence of each token, 0 first; without it no loss of whole completions can be called
inline policy_batch batch_of(const std::vector<double>& ratios, const std::vector<double>& advantages,
                             const std::vector<double>& weights, const std::vector<double>& reference_ratios = {},
                             const std::vector<std::int64_t>& sequence = {}) {
    policy_batch batch;
    const at::Tensor ratio = at::tensor(ratios, at::kFloat);
    batch.old_log_probs = at::linspace(-0.5, -3, ratio.numel());
    batch.log_probs = (batch.old_log_probs + ratio.log()).requires_grad_(true);
    if (!reference_ratios.empty())
        batch.ref_log_probs = batch.log_probs.detach() + at::tensor(reference_ratios, at::kFloat).log();
    batch.advantages = at::tensor(advantages, at::kFloat);
    batch.weights = at::tensor(weights, at::kFloat);
    if (!sequence.empty()) {
        batch.sequence = at::tensor(sequence, at::kLong);
        batch.sequences = sequence.back() + 1;
    }
    return batch;
}

/// What a loss says of options that make no sense; empty if it takes them.
template <class Loss, class Options>
std::string complaint(const Options& options) {
    return aha::test::complaint([&] { Loss{options}; });
}

}  // namespace aha::test
