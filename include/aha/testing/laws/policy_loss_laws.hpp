#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <array>
#include <cmath>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include <aha/concepts/policy_loss.hpp>
#include <aha/core/policy_batch.hpp>
#include <aha/testing/gradcheck.hpp>
#include <aha/testing/laws/law.hpp>
#include <aha/testing/tolerance.hpp>

/// Laws of a policy loss:
///
///     struct my_case {
///         static my_loss make() { return my_loss{}; }
///         static constexpr c10::ScalarType type = c10::kDouble;  // optional: of the batch; default float32
///         static constexpr bool policy_gradient = false; // optional: on-policy it is not the policy gradient alone
///         (it
///                                                        // has a KL or an entropy term)
///         static constexpr bool own_gradient = false;    // optional: its gradient is not that of its value
///     };
namespace aha::testing::policy_loss_laws {

namespace detail {

template <class Case>
constexpr c10::ScalarType type() {
    if constexpr (requires { Case::type; }) return Case::type;
    else return c10::kFloat;
}

/// Completions of 3, 1 and 4 tokens, off policy by `off` nats at most; advantages of both signs. Ratios keep away from
/// where objectives have kinks: 1, 0.8 and 1.2.
template <class Case>
policy_batch batch(double off = 0.5) {
    constexpr std::array<double, 8> moved{0.1, -0.2, 0.8, -1, 0.2, 0.9, -0.8, -0.1};
    const std::vector<std::int64_t> sequence{0, 0, 0, 1, 2, 2, 2, 2};
    std::vector<double> log_probs, old, reference, entropies, advantages, weights;
    for (std::size_t i = 0; i < sequence.size(); ++i) {
        const auto x = static_cast<double>(i);
        log_probs.push_back(-0.4 - 0.3 * x);
        old.push_back(log_probs.back() - off * moved[i]);
        reference.push_back(log_probs.back() + 0.2 * std::sin(3 * x));
        entropies.push_back(1 + 0.1 * x);
        advantages.push_back(sequence[i] == 1 ? -0.8 : 0.5 + static_cast<double>(sequence[i]));
        weights.push_back(1.0 / static_cast<double>(3 + sequence[i]));
    }
    const auto tensor = [](const std::vector<double>& values) {
        return at::tensor(values, at::kDouble).to(type<Case>());
    };
    policy_batch b;
    b.log_probs = tensor(log_probs).requires_grad_();
    b.old_log_probs = tensor(old);
    b.ref_log_probs = tensor(reference);
    b.entropies = tensor(entropies).requires_grad_();
    b.advantages = tensor(advantages);
    b.weights = tensor(weights);
    b.sequence = at::tensor(sequence, at::kLong);
    b.sequences = 3;
    return b;
}

/// The completions of `whole` from `first` to before `end`, as a batch with leaves of its own.
inline policy_batch part(const policy_batch& whole, std::int64_t first, std::int64_t end) {
    const at::Tensor rows = at::nonzero((whole.sequence >= first).logical_and(whole.sequence < end)).view(-1);
    const auto take = [&](const at::Tensor& x) { return x.detach().index_select(0, rows); };
    policy_batch b;
    b.log_probs = take(whole.log_probs).requires_grad_();
    b.old_log_probs = take(whole.old_log_probs);
    b.ref_log_probs = take(whole.ref_log_probs);
    b.entropies = take(whole.entropies).requires_grad_();
    b.advantages = take(whole.advantages);
    b.weights = take(whole.weights);
    b.sequence = take(whole.sequence) - first;
    b.sequences = end - first;
    return b;
}

struct outcome {
    double value = 0;
    at::Tensor gradient;  // [N] of the log-probs, float64
};

template <class Loss>
outcome ask(const Loss& loss, const policy_batch& b) {
    const loss_output out = loss(b);
    b.log_probs.mutable_grad() = at::zeros_like(b.log_probs);
    if (out.loss.requires_grad()) torch::autograd::backward({out.loss}, {});
    return {out.loss.detach().to(at::kDouble).template item<double>(), b.log_probs.grad().to(at::kDouble)};
}

template <class Case>
bool close(double a, double b) {
    return tolerance::of(type<Case>()).holds(a, b);
}

}  // namespace detail

/// A finite scalar, also where the policy moved by 20 nats since it was sampled.
template <class Case>
std::string gives_a_finite_scalar() {
    const auto loss = Case::make();
    for (const double off : {0.0, 0.5, 20.0}) {
        const loss_output out = loss(detail::batch<Case>(off));
        if (out.loss.numel() != 1 || out.loss.dim() != 0)
            return sentence("gives a tensor of ", out.loss.dim(), " dimensions instead of a scalar");
        if (const double value = out.loss.detach().template item<double>(); !std::isfinite(value))
            return sentence("gives ", value, " where log-probs moved by ", off);
    }
    return {};
}

/// The parts of a batch add up to it, value and gradient: results do not depend on microbatches.
template <class Case>
std::string adds_up_over_parts() {
    const auto loss = Case::make();
    const policy_batch whole = detail::batch<Case>();
    const auto all = detail::ask(loss, whole);
    const auto left = detail::ask(loss, detail::part(whole, 0, 1)),
               right = detail::ask(loss, detail::part(whole, 1, 3));
    if (!detail::close<Case>(left.value + right.value, all.value))
        return sentence("the parts add up to ", left.value + right.value, " instead of ", all.value);
    const auto off = tolerance::of(detail::type<Case>()).excess(at::cat({left.gradient, right.gradient}), all.gradient);
    return off.empty() ? off : "the parts' gradients differ from the whole's: " + off;
}

/// A completion whose tokens have weight 0 might as well not be there: that is how one is left out.
template <class Case>
std::string leaves_out_what_has_no_weight() {
    const auto loss = Case::make();
    policy_batch whole = detail::batch<Case>();
    whole.weights = whole.weights * (whole.sequence < 2).to(whole.weights.scalar_type());
    const double with = detail::ask(loss, whole).value, without = detail::ask(loss, detail::part(whole, 0, 2)).value;
    if (detail::close<Case>(with, without)) return {};
    return sentence("gives ", with, " with a completion of weight 0 and ", without, " without it");
}

/// Twice the weights are twice the loss: the weights hold the whole denominator.
template <class Case>
std::string is_linear_in_the_weights() {
    const auto loss = Case::make();
    policy_batch b = detail::batch<Case>();
    const double once = detail::ask(loss, b).value;
    b.weights = b.weights * 2;
    if (const double twice = detail::ask(loss, b).value; !detail::close<Case>(twice, 2 * once))
        return sentence("gives ", once, ", and ", twice, " for twice the weights");
    return {};
}

/// Unless it says otherwise: the gradient is that of the value, by central differences.
template <class Case>
std::string agrees_with_differences() {
    if constexpr (!requires { requires !Case::own_gradient; }) {
        const auto loss = Case::make();
        policy_batch b = detail::batch<Case>();
        const auto checked = gradcheck([&] { return loss(b).loss; }, b.log_probs, {.step = 0x1p-6});
        tolerance allowed = tolerance::of(detail::type<Case>());
        allowed.absolute = allowed.relative = std::max(1e-5, 30 * allowed.absolute);
        if (const auto off = allowed.excess(checked.automatic, checked.numeric); !off.empty())
            return "the gradient is not that of the value: " + off;
    }
    return {};
}

/// Unless it has further terms: at ratio 1 its gradient is the policy gradient, minus advantage times weight.
template <class Case>
std::string is_the_policy_gradient_on_policy() {
    if constexpr (!requires { requires !Case::policy_gradient; }) {
        const auto loss = Case::make();
        for (std::int64_t one = 0; one < 3; ++one) {
            policy_batch b = detail::part(detail::batch<Case>(), one, one + 1);
            b.old_log_probs = b.log_probs.detach().clone();
            b.weights = b.weights * 0 + 1;
            const at::Tensor wanted = -(b.advantages * b.weights).to(at::kDouble);
            const auto off = tolerance::of(detail::type<Case>()).excess(detail::ask(loss, b).gradient, wanted);
            if (!off.empty()) return "on policy its gradient is not -advantage x weight: " + off;
        }
    }
    return {};
}

/// If it says that tokens of advantage 0 are free, they change neither value nor gradient: the trainer skips them.
template <class Case>
std::string is_honest_about_advantage_zero() {
    const auto loss = Case::make();
    if (!loss.ignores_zero_advantage()) return {};
    policy_batch b = detail::part(detail::batch<Case>(), 2, 3);
    b.advantages = b.advantages * 0;
    const auto got = detail::ask(loss, b);
    if (got.value != 0 || got.gradient.abs().max().template item<double>() != 0)
        return sentence("says that tokens of advantage 0 are free, and gives ", got.value, " for four of them");
    return {};
}

/// If it says that it needs no reference and no entropies, it does without: they are undefined then.
template <class Case>
std::string is_honest_about_its_needs() {
    const auto loss = Case::make();
    policy_batch b = detail::batch<Case>();
    if (!loss.needs_reference()) b.ref_log_probs = at::Tensor{};
    bool entropy = false;
    if constexpr (requires { loss.needs_entropy(); }) entropy = loss.needs_entropy();
    if (!entropy) b.entropies = at::Tensor{};
    try {
        static_cast<void>(loss(b));
    } catch (const std::exception& problem) {
        return sentence("cannot do without what it says that it does not need: ",
                        std::string{problem.what()}.substr(0, 80));
    }
    return {};
}

/// All of them.
template <class Case>
constexpr std::array<law, 8> all() {
    return {{{"gives_a_finite_scalar", gives_a_finite_scalar<Case>},
             {"adds_up_over_parts", adds_up_over_parts<Case>},
             {"leaves_out_what_has_no_weight", leaves_out_what_has_no_weight<Case>},
             {"is_linear_in_the_weights", is_linear_in_the_weights<Case>},
             {"agrees_with_differences", agrees_with_differences<Case>},
             {"is_the_policy_gradient_on_policy", is_the_policy_gradient_on_policy<Case>},
             {"is_honest_about_advantage_zero", is_honest_about_advantage_zero<Case>},
             {"is_honest_about_its_needs", is_honest_about_its_needs<Case>}}};
}

}  // namespace aha::testing::policy_loss_laws
