#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/log_sigmoid.h>
#include <cmath>

#include <aha/core/error.hpp>

namespace aha {

/// Numbers of `bradley_terry`.
struct bradley_terry_options {
    double centering = 0;  ///< how strongly the two scores of a pair are drawn to a sum of zero; TRL's
                           ///< `center_rewards_coefficient` (Eisenstein et al. 2023, equation 2), who take 0.01
    bool operator==(const bradley_terry_options&) const = default;

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(centering >= 0 && std::isfinite(centering), "centering must be 0 or more, not ", centering);
    }
};

/// -log sigmoid(chosen - rejected - margin) of each pair: maximum likelihood of the preferences in the model of Bradley
/// and Terry 1952, as Ouyang et al. 2022 (equation 1) train reward models; the margin is that of Llama 2 (Touvron et
/// al. 2023, section 3.2.2). Only differences matter to it, so `centering` adds centering * (chosen + rejected)^2.
class bradley_terry {
public:
    explicit bradley_terry(bradley_terry_options options = {}) : options_{options} { options_.validate(); }

    const bradley_terry_options& options() const { return options_; }

    /// @param chosen scores of the preferred texts, [P]
    /// @param rejected scores of the others, [P]
    /// @param margins by which the first are to be the higher, [P]
    /// @return the loss of each pair, [P]
    at::Tensor operator()(const at::Tensor& chosen, const at::Tensor& rejected, const at::Tensor& margins) const {
        const at::Tensor preference = -at::log_sigmoid(chosen - rejected - margins);  // [P]
        if (options_.centering == 0) return preference;
        return preference + options_.centering * (chosen + rejected).square();
    }

private:
    bradley_terry_options options_;
};

}  // namespace aha
