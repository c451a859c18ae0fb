#include <ATen/ATen.h>
#include <array>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <string>

#include <aha/concepts/preference_loss.hpp>
#include <aha/loss/preference/dpo_loss.hpp>
#include <aha/loss/preference/ipo_loss.hpp>
#include <aha/loss/preference/length_normalized_dpo_loss.hpp>
#include <aha/loss/preference/robust_dpo_loss.hpp>
#include <aha/loss/preference/simpo_loss.hpp>
#include <tests/support/complaint.hpp>

namespace {

using aha::test::complaint;
using testing::Test;

using four = std::array<double, 4>;

at::Tensor tensor(const four& values) { return at::tensor(at::ArrayRef<double>{values.data(), 4}, at::kDouble); }

/// Four pairs: two that the policy has right by more than the reference, one that it has wrong, one about even.
aha::preference_log_probs four_pairs() {
    return {{tensor({-12.5, -40.25, -3.125, -7.0}), tensor({-14.0, -39.0, -3.5, -9.0}), tensor({5, 20, 2, 4})},
            {tensor({-15.0, -38.5, -9.75, -7.5}), tensor({-13.5, -41.0, -8.25, -7.25}), tensor({6, 18, 5, 4})}};
}

void near(const at::Tensor& found, const at::Tensor& expected, double tolerance, const char* what) {
    ASSERT_EQ(found.sizes(), expected.sizes()) << what;
    EXPECT_LT((found - expected).abs().max().item<double>(), tolerance) << what << '\n' << found << '\n' << expected;
}

/// Loss and gradients by the chosen and the rejected log-probs.
void compare(const auto& loss, const four& losses, const four& by_chosen, const four& by_rejected) {
    aha::preference_log_probs pairs = four_pairs();
    for (at::Tensor* const side : {&pairs.chosen.policy, &pairs.rejected.policy}) side->requires_grad_(true);
    if (!loss.needs_reference()) pairs.chosen.reference = pairs.rejected.reference = at::Tensor{};
    const at::Tensor found = loss(pairs);
    near(found.detach(), tensor(losses), 1e-10, "loss");
    found.sum().backward();
    near(pairs.chosen.policy.grad(), tensor(by_chosen), 1e-10, "by the chosen");
    near(pairs.rejected.policy.grad(), tensor(by_rejected), 1e-10, "by the rejected");

    const at::NoGradGuard no_gradients;
    constexpr double step = 1e-5;
    const auto slope = [&](at::Tensor& side) {
        const at::Tensor at = side;
        side = at + step;
        const at::Tensor above = loss(pairs);
        side = at - step;
        const at::Tensor below = loss(pairs);
        side = at;
        return (above - below) / (2 * step);
    };
    near(slope(pairs.chosen.policy), tensor(by_chosen), 1e-7, "finite differences, chosen");
    near(slope(pairs.rejected.policy), tensor(by_rejected), 1e-7, "finite differences, rejected");
}

// By torch 2.13.0 in Python, float64, from the formulas of TRL 1.16, DPOTrainer._compute_loss and CPOTrainer.cpo_loss,
// with autograd; d = (pc - rc) - (pr - rr), a = (pc - rc) / nc - (pr - rr) / nr, L = F.logsigmoid:
//   sigmoid      -L(b d) (1 - e) - L(-b d) e   (the second term is CPO's and aot's; TRL's DPO has e = 0)
//   robust       (-(1 - e) L(b d) - -e L(-b d)) / (1 - 2 e)
//   sigmoid_norm -L(b a)
//   ipo          (a - 1 / (2 b))^2, and with d for a as Azar et al. print it
//   simpo        -L(b (pc / nc - pr / nr - g / b)), smoothed as sigmoid
TEST(preference_losses, values_and_gradients_are_those_of_trl) {
    compare(aha::dpo_loss{}, {0.554355244469, 0.89812326414, 0.603785289556, 0.58696200205},
            {-0.0425557483188, -0.0592666599954, -0.0453261848015, -0.0443986109455},
            {0.0425557483188, 0.0592666599954, 0.0453261848015, 0.0443986109455});
    compare(aha::dpo_loss{{.beta = 0.3, .label_smoothing = 0.1}},
            {0.431153874732, 1.29365013625, 0.507187281595, 0.479050832868},
            {-0.0567151492125, -0.19647449606, -0.0788907616559, -0.071213448849},
            {0.0567151492125, 0.19647449606, 0.0788907616559, 0.071213448849});
    compare(aha::robust_dpo_loss{{.beta = 0.3, .flip_rate = 0.2}},
            {0.0411538747321, 1.78115013625, 0.263437281595, 0.186550832868},
            {-0.186715149212, -0.32647449606, -0.208890761656, -0.201213448849},
            {0.186715149212, 0.32647449606, 0.208890761656, 0.201213448849});
    compare(aha::length_normalized_dpo_loss{}, {0.0619675890032, 1.31834321896, 0.083770237513, 0.0583204802802},
            {-0.060086650174, -0.183105436624, -0.200893672056, -0.070815531635},
            {0.0500722084783, 0.203450485138, 0.0803574688222, 0.070815531635});
    compare(aha::ipo_loss{}, {19.8025, 27.0544463735, 20.36265625, 19.69140625},
            {-1.78, -0.520138888889, -4.5125, -2.21875}, {1.48333333333, 0.577932098765, 1.805, 2.21875});
    compare(aha::ipo_loss{{.beta = 0.25, .per_token = false}}, {1, 33.0625, 0.015625, 0.0625}, {2, -11.5, -0.25, 0.5},
            {-2, 11.5, 0.25, -0.5});
    compare(aha::simpo_loss{}, {1.31326168752, 1.13498523954, 0.81196200205, 1.13687100611},
            {-0.292423431452, -0.0678573134292, -0.556013890545, -0.339589349588},
            {0.243686192877, 0.0753970149214, 0.222405556218, 0.339589349588});
    compare(aha::simpo_loss{{.beta = 2.5, .gamma = 0.75, .label_smoothing = 0.1}},
            {1.06187100611, 0.890123265699, 0.611616737884, 0.891884547514},
            {-0.289589349588, -0.0633543816632, -0.431911918799, -0.317289481146},
            {0.24132445799, 0.0703937574035, 0.17276476752, 0.317289481146});
}

template <class Loss>
class every_loss : public Test {};
using all = testing::Types<aha::dpo_loss, aha::robust_dpo_loss, aha::length_normalized_dpo_loss, aha::ipo_loss,
                           aha::simpo_loss>;
TYPED_TEST_SUITE(every_loss, all);

TYPED_TEST(every_loss, is_a_preference_loss_that_sees_each_pair_alone) {
    static_assert(aha::require_preference_loss<TypeParam>() && aha::preference_loss<TypeParam>);
    const TypeParam loss{};
    const aha::preference_log_probs pairs = four_pairs();
    const at::Tensor together = loss(pairs), rewards = loss.rewards(pairs.chosen);
    ASSERT_EQ(rewards.sizes(), together.sizes());
    for (std::int64_t n = 0; n < 4; ++n) {
        const auto one = [&](const aha::side_log_probs& side) {
            return aha::side_log_probs{side.policy.narrow(0, n, 1), side.reference.narrow(0, n, 1),
                                       side.tokens.narrow(0, n, 1)};
        };
        EXPECT_EQ(loss({one(pairs.chosen), one(pairs.rejected)}).template item<double>(),
                  together[n].template item<double>());
    }
}

TYPED_TEST(every_loss, falls_as_the_margin_grows_and_stays_finite) {
    const TypeParam loss{};
    const auto at_margin = [&](double margin) {
        aha::preference_log_probs pair = four_pairs();
        pair.chosen.policy = pair.chosen.policy + margin;
        return loss(pair);
    };
    EXPECT_TRUE((at_margin(0.5) < at_margin(0)).all().template item<bool>());
    for (const double far : {-1e5, 1e5}) EXPECT_TRUE(at_margin(far).isfinite().all().template item<bool>()) << far;
    EXPECT_THAT(complaint([] { TypeParam{{.beta = 0}}; }), testing::HasSubstr("beta must be positive, not 0"));
    EXPECT_THAT(complaint([] { TypeParam{{.beta = std::numeric_limits<double>::quiet_NaN()}}; }),
                testing::HasSubstr("beta must be positive"));
}

TEST(dpo_loss, of_the_reference_itself_is_log_2_with_half_of_beta_as_its_slope) {
    aha::preference_log_probs pairs = four_pairs();
    pairs.chosen.policy = pairs.chosen.reference.clone().requires_grad_(true);
    pairs.rejected.policy = pairs.rejected.reference;
    const at::Tensor losses = aha::dpo_loss{{.beta = 0.1}}(pairs);
    near(losses.detach(), tensor({std::log(2.0), std::log(2.0), std::log(2.0), std::log(2.0)}), 1e-12, "loss");
    losses.sum().backward();
    near(pairs.chosen.policy.grad(), tensor({-0.05, -0.05, -0.05, -0.05}), 1e-12, "gradient");
}

TEST(robust_dpo_loss, on_average_over_flipped_labels_is_that_of_right_ones) {
    const aha::preference_log_probs right = four_pairs();
    const aha::preference_log_probs flipped{right.rejected, right.chosen};
    const aha::robust_dpo_loss robust{{.beta = 0.2, .flip_rate = 0.3}};
    near(0.7 * robust(right) + 0.3 * robust(flipped), aha::dpo_loss{{.beta = 0.2}}(right), 1e-12, "average");
}

TEST(ipo_loss, is_least_where_the_margin_is_what_it_aims_at) {
    aha::preference_log_probs pairs = four_pairs();
    pairs.chosen.policy = pairs.chosen.reference + 5.0;
    pairs.rejected.policy = pairs.rejected.reference;
    const aha::ipo_loss loss{{.beta = 0.1, .per_token = false}};
    EXPECT_EQ(loss(pairs).abs().max().item<double>(), 0);
    near(loss.rewards(pairs.chosen) - loss.rewards(pairs.rejected), tensor({0.5, 0.5, 0.5, 0.5}), 1e-12, "margin");
}

TEST(preference_losses, a_share_of_wrong_labels_of_a_half_is_refused) {
    EXPECT_THAT(complaint([] { aha::dpo_loss{{.label_smoothing = 0.5}}; }),
                testing::HasSubstr("label_smoothing must be in [0, 0.5), not 0.5"));
    EXPECT_THAT(complaint([] { aha::robust_dpo_loss{{.flip_rate = -0.1}}; }),
                testing::HasSubstr("flip_rate must be in [0, 0.5), not -0.1"));
    EXPECT_THAT(complaint([] { aha::simpo_loss{{.gamma = -1}}; }), testing::HasSubstr("gamma must be 0 or more"));
}

}  // namespace
