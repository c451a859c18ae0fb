// An optimizer of your own: Muon (Jordan et al. 2024). The momentum of a matrix is made orthogonal by five
// Newton-Schulz iterations, so that all directions move alike; vectors take the sign of their momentum.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros_like.h>
#include <aha/optim/adamw.hpp>
#include <aha/testing/laws/optimizer_laws.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>

//! [muon]
class muon {
public:
    void step(const aha::parameters& weights, double learning_rate) {
        const at::NoGradGuard no_gradients;
        if (!momentum_.defined()) momentum_ = at::zeros_like(weights.values());
        momentum_.mul_(0.95).add_(weights.gradients());
        const at::Tensor ahead = 0.95 * momentum_ + weights.gradients();  // Nesterov's look ahead
        for (std::size_t i = 0; i < weights.size(); ++i) {
            const at::Tensor moved = weights.slice(ahead, i);
            weights.slice(weights.values(), i).sub_(moved.dim() == 2 ? orthogonal(moved) : moved.sign(), learning_rate);
        }
    }
    aha::state save() const {
        aha::state s;
        if (momentum_.defined()) s.tensors["momentum"] = momentum_;
        return s;
    }
    void load(const aha::state& saved) {
        if (saved.tensors.contains("momentum")) momentum_ = saved.tensors.at("momentum").clone();
    }

private:
    /// Nearly the closest orthogonal matrix to `x` [R, C]: a quintic in x x^T takes all singular values to about 1.
    static at::Tensor orthogonal(const at::Tensor& x) {
        at::Tensor y = x / (x.norm() + 1e-7);
        const bool tall = y.size(0) > y.size(1);
        if (tall) y = y.t();
        for (int i = 0; i < 5; ++i) {
            const at::Tensor square = at::mm(y, y.t());  // [R, R]
            y = 3.4445 * y + at::mm(-4.7750 * square + 2.0315 * at::mm(square, square), y);
        }
        const double scale = std::sqrt(std::max(1.0, static_cast<double>(x.size(0)) / static_cast<double>(x.size(1))));
        return (tall ? y.t() : y) * scale;
    }
    at::Tensor momentum_;
};
static_assert(aha::require_optimizer<muon>());
//! [muon]

//! [laws]
struct muon_case {
    static muon make() { return muon{}; }
    static constexpr double rate = 0.1;
};
//! [laws]

/// The value of a quadratic after some steps; its minimum is 0.
template <class Optimizer>
double after(int steps, Optimizer optimizer, double rate) {
    const aha::testing::quadratic problem;
    for (int i = 0; i < steps; ++i) {
        problem.fill_gradients();
        optimizer.step(problem.weights(), rate * (1 - static_cast<double>(i) / steps));
    }
    return problem.value();
}

int main() {
    std::printf("value of a quadratic: %.0f; after 300 steps of muon %.1f, of adamw %.1f\n",
                aha::testing::quadratic{}.value(), after(300, muon{}, 0.3), after(300, aha::adamw{}, 0.1));
    for (const aha::testing::law& law : aha::testing::optimizer_laws::all<muon_case>())
        std::printf("%s: %s\n", std::string{law.name}.c_str(), law.broken().empty() ? "holds" : law.broken().c_str());
}
