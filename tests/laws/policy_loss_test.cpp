#include <array>
#include <gtest/gtest.h>

#include <aha/loss/cispo_loss.hpp>
#include <aha/loss/dppo_loss.hpp>
#include <aha/loss/grpo_loss.hpp>
#include <aha/loss/gspo_loss.hpp>
#include <aha/loss/gspo_token_loss.hpp>
#include <aha/loss/off_policy_sequence_mask.hpp>
#include <aha/loss/reinforce_loss.hpp>
#include <aha/loss/sapo_loss.hpp>
#include <aha/loss/sequence_ratio_loss.hpp>
#include <aha/loss/vespo_loss.hpp>
#include <aha/testing/laws/policy_loss_laws.hpp>
#include <aha/testing/register_laws.hpp>
#include <tests/laws/mutants.hpp>

namespace aha::testing {
namespace {

template <class Loss, c10::ScalarType Type>
struct plain {
    static Loss make() { return Loss{}; }
    static constexpr c10::ScalarType type = Type;
};
/// Its ratio, or a part of it, is a constant to the gradient.
template <class Loss, c10::ScalarType Type>
struct stops_the_ratio : plain<Loss, Type> {
    static constexpr bool own_gradient = false;
};
template <c10::ScalarType Type>
struct with_kl {
    static grpo_loss make() { return grpo_loss{{.beta = 0.04}}; }
    static constexpr c10::ScalarType type = Type;
    static constexpr bool policy_gradient = false;
};
/// Its ratio is the whole completion's, so each token gets the completion's weight, not its own.
template <c10::ScalarType Type>
struct of_whole_sequences : plain<sequence_ratio_loss, Type> {
    static constexpr bool policy_gradient = false;
};
/// A threshold that no completion of the laws' batch is close to, where the loss would jump.
struct masked_completions {
    static off_policy_sequence_mask<grpo_loss> make() { return off_policy_sequence_mask{grpo_loss{}, 0.3}; }
    static constexpr c10::ScalarType type = c10::kDouble;
};
const std::array registered{
    register_laws("policy_loss_laws/grpo_float", policy_loss_laws::all<plain<grpo_loss, c10::kFloat>>()),
    register_laws("policy_loss_laws/grpo_double", policy_loss_laws::all<plain<grpo_loss, c10::kDouble>>()),
    register_laws("policy_loss_laws/grpo_with_kl_float", policy_loss_laws::all<with_kl<c10::kFloat>>()),
    register_laws("policy_loss_laws/grpo_with_kl_double", policy_loss_laws::all<with_kl<c10::kDouble>>()),
    register_laws("policy_loss_laws/gspo_float", policy_loss_laws::all<plain<gspo_loss, c10::kFloat>>()),
    register_laws("policy_loss_laws/gspo_double", policy_loss_laws::all<plain<gspo_loss, c10::kDouble>>()),
    register_laws("policy_loss_laws/gspo_token_float",
                  policy_loss_laws::all<stops_the_ratio<gspo_token_loss, c10::kFloat>>()),
    register_laws("policy_loss_laws/gspo_token_double",
                  policy_loss_laws::all<stops_the_ratio<gspo_token_loss, c10::kDouble>>()),
    register_laws("policy_loss_laws/cispo_float", policy_loss_laws::all<stops_the_ratio<cispo_loss, c10::kFloat>>()),
    register_laws("policy_loss_laws/cispo_double", policy_loss_laws::all<stops_the_ratio<cispo_loss, c10::kDouble>>()),
    register_laws("policy_loss_laws/sapo_float", policy_loss_laws::all<plain<sapo_loss, c10::kFloat>>()),
    register_laws("policy_loss_laws/sapo_double", policy_loss_laws::all<plain<sapo_loss, c10::kDouble>>()),
    register_laws("policy_loss_laws/dppo_float", policy_loss_laws::all<stops_the_ratio<dppo_loss, c10::kFloat>>()),
    register_laws("policy_loss_laws/vespo_double", policy_loss_laws::all<stops_the_ratio<vespo_loss, c10::kDouble>>()),
    register_laws("policy_loss_laws/off_policy_sequence_mask_double", policy_loss_laws::all<masked_completions>()),
    register_laws("policy_loss_laws/reinforce_float", policy_loss_laws::all<plain<reinforce_loss, c10::kFloat>>()),
    register_laws("policy_loss_laws/reinforce_double", policy_loss_laws::all<plain<reinforce_loss, c10::kDouble>>()),
    register_laws("policy_loss_laws/sequence_ratio_float", policy_loss_laws::all<of_whole_sequences<c10::kFloat>>()),
    register_laws("policy_loss_laws/sequence_ratio_double", policy_loss_laws::all<of_whole_sequences<c10::kDouble>>())};

/// The unclipped surrogate, with a defect each.
enum class defect {
    none,
    overflows,
    averages,
    counts_the_weightless,
    squares_weights,
    stops_the_ratio,
    turns_the_sign,
    charges_for_nothing,
    reads_the_reference
};

template <defect Defect>
struct surrogate {
    loss_output operator()(const policy_batch& b) const {
        const at::Tensor moved = b.log_probs - b.old_log_probs;
        at::Tensor ratio = moved.exp(), weights = b.weights;
        if (Defect == defect::overflows) ratio = ((moved * 8).exp() - 1) / 8;
        if (Defect == defect::stops_the_ratio) ratio = ratio.detach() + b.log_probs - b.log_probs.detach();
        if (Defect == defect::squares_weights) weights = weights * weights;
        at::Tensor terms = -ratio * b.advantages * weights;
        if (Defect == defect::turns_the_sign) terms = -terms;
        if (Defect == defect::charges_for_nothing) terms = terms + 0.5 * moved * moved * weights;
        if (Defect == defect::reads_the_reference) terms = terms + 0 * b.ref_log_probs;
        at::Tensor loss = terms.sum();
        if (Defect == defect::averages)
            loss = loss / (at::zeros({b.sequences}).index_add(0, b.sequence, b.weights) > 0).sum();
        if (Defect == defect::counts_the_weightless) loss = loss * (1 + (b.weights == 0).sum());
        return {loss, {}};
    }
    bool needs_reference() const { return false; }
    bool ignores_zero_advantage() const { return true; }
};
template <defect Defect>
using broken = plain<surrogate<Defect>, c10::kFloat>;

TEST(policy_loss_laws, each_is_needed) {
    for (const law& one : policy_loss_laws::all<broken<defect::none>>()) EXPECT_EQ(one.broken(), "") << one.name;
    test::expect_a_mutant_for_each_law(
        policy_loss_laws::all<broken<defect::none>>(),
        {test::mutant_of("gives_a_finite_scalar", policy_loss_laws::all<broken<defect::overflows>>()),
         test::mutant_of("adds_up_over_parts", policy_loss_laws::all<broken<defect::averages>>()),
         test::mutant_of("leaves_out_what_has_no_weight",
                         policy_loss_laws::all<broken<defect::counts_the_weightless>>()),
         test::mutant_of("is_linear_in_the_weights", policy_loss_laws::all<broken<defect::squares_weights>>()),
         test::mutant_of("agrees_with_differences", policy_loss_laws::all<broken<defect::stops_the_ratio>>()),
         test::mutant_of("is_the_policy_gradient_on_policy", policy_loss_laws::all<broken<defect::turns_the_sign>>()),
         test::mutant_of("is_honest_about_advantage_zero",
                         policy_loss_laws::all<broken<defect::charges_for_nothing>>()),
         test::mutant_of("is_honest_about_its_needs", policy_loss_laws::all<broken<defect::reads_the_reference>>())});
}

}  // namespace
}  // namespace aha::testing
