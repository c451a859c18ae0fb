#include <algorithm>
#include <array>
#include <cmath>
#include <gtest/gtest.h>

#include <aha/advantage/group_relative.hpp>
#include <aha/advantage/leave_one_out.hpp>
#include <aha/advantage/max_rl.hpp>
#include <aha/advantage/mean_centered.hpp>
#include <aha/advantage/raw_score.hpp>
#include <aha/testing/laws/advantage_laws.hpp>
#include <aha/testing/register_laws.hpp>
#include <tests/laws/mutants.hpp>

namespace aha::testing {
namespace {

struct group_relative_case {
    static group_relative make() { return group_relative{}; }
    static constexpr bool centered = true, shift_invariant = true, scale_invariant = true;
    static constexpr double tolerance = 1e-3;  // epsilon beside a standard deviation
};
struct mean_centered_case {
    static mean_centered make() { return mean_centered{}; }
    static constexpr bool centered = true, shift_invariant = true;
};
struct leave_one_out_case {
    static leave_one_out make() { return leave_one_out{}; }
    static constexpr bool centered = true, shift_invariant = true;
};
struct max_rl_case {
    static max_rl make() { return max_rl{}; }
    static constexpr bool centered = true;
};
struct raw_score_case {
    static raw_score make() { return raw_score{}; }
};
const std::array registered{register_laws("advantage_laws/group_relative", advantage_laws::all<group_relative_case>()),
                            register_laws("advantage_laws/mean_centered", advantage_laws::all<mean_centered_case>()),
                            register_laws("advantage_laws/leave_one_out", advantage_laws::all<leave_one_out_case>()),
                            register_laws("advantage_laws/max_rl", advantage_laws::all<max_rl_case>()),
                            register_laws("advantage_laws/raw_score", advantage_laws::all<raw_score_case>())};

// Broken ones. Most are the mean-centered advantage with one defect.

double mean_of(std::span<const score> scores) {
    double sum = 0, count = 0;
    for (const score& s : scores)
        if (s.applicable) {
            sum += s.value;
            ++count;
        }
    return count > 0 ? sum / count : 0;
}

/// An advantage whose each number is a function of a score and its group.
template <class Of>
auto each(Of of) {
    return [of](std::span<const score> scores) {
        std::vector<double> values;
        for (const score& s : scores) values.push_back(s.applicable ? of(s.value, scores) : 0);
        return values;
    };
}

struct forgets_the_last {
    static auto make() {
        return [](std::span<const score> scores) {
            auto values = each([](double x, auto all) { return x - mean_of(all); })(scores);
            if (scores.size() == 9) values.pop_back();
            return values;
        };
    }
};
struct overflows {
    static auto make() {
        return each([](double x, auto all) {
            double squares = 0;
            for (const score& s : all) squares += s.applicable ? s.value * s.value * s.value * s.value : 0;
            return (x - mean_of(all)) / (1 + squares) * (1 + squares);
        });
    }
};
struct prefers_the_first {
    static auto make() {
        return [](std::span<const score> scores) {
            auto values = each([](double x, auto) { return x; })(scores);
            const double baseline = values.front();
            for (std::size_t i = 0; i < values.size(); ++i) values[i] -= scores[i].applicable ? baseline : 0;
            return values;
        };
    }
};
struct punishes_silence {
    static auto make() {
        return [](std::span<const score> scores) {
            auto values = each([](double x, auto all) { return x - mean_of(all); })(scores);
            for (std::size_t i = 0; i < values.size(); ++i)
                if (!scores[i].applicable) values[i] = -1;
            return values;
        };
    }
};
struct listens_to_silence {
    static auto make() {
        return each([](double x, auto all) {
            double sum = 0;
            for (const score& s : all) sum += s.value;
            return x - sum / static_cast<double>(all.size());
        });
    }
};
struct likes_the_worst {
    static auto make() {
        return each([](double x, auto all) { return mean_of(all) - x; });
    }
};
struct invents_a_difference {
    static constexpr bool centered = true;
    static auto make() {
        return [](std::span<const score> scores) {
            auto values = each([](double x, auto all) { return x - mean_of(all); })(scores);
            const bool equal = std::ranges::all_of(scores, [&](const score& s) { return s.value == scores[0].value; });
            if (equal && values.size() > 1 && scores[0].applicable) {
                values[0] = 1;
                values[1] = -1;
            }
            return values;
        };
    }
};
struct takes_the_median {
    static constexpr bool centered = true, shift_invariant = true;
    static auto make() {
        return each([](double x, auto all) {
            std::vector<double> values;
            for (const score& s : all)
                if (s.applicable) values.push_back(s.value);
            std::ranges::sort(values);
            return x - values[values.size() / 2];
        });
    }
};
struct weighs_by_the_mean {
    static constexpr bool centered = true, shift_invariant = true;
    static auto make() {
        return each([](double x, auto all) { return (x - mean_of(all)) * (1 + std::abs(mean_of(all)) * 1e-3); });
    }
};
struct does_not_normalize {
    static constexpr bool centered = true, shift_invariant = true, scale_invariant = true;
    static auto make() {
        return each([](double x, auto all) { return x - mean_of(all); });
    }
};

TEST(advantage_laws, each_is_needed) {
    test::expect_a_mutant_for_each_law(
        advantage_laws::all<mean_centered_case>(),
        {test::mutant_of("gives_one_number_a_score", advantage_laws::all<forgets_the_last>()),
         test::mutant_of("gives_finite_numbers", advantage_laws::all<overflows>()),
         test::mutant_of("follows_a_permutation", advantage_laws::all<prefers_the_first>()),
         test::mutant_of("gives_zero_where_nothing_was_said", advantage_laws::all<punishes_silence>()),
         test::mutant_of("ignores_what_is_not_applicable", advantage_laws::all<listens_to_silence>()),
         test::mutant_of("prefers_the_better", advantage_laws::all<likes_the_worst>()),
         test::mutant_of("gives_zeros_to_equal_scores", advantage_laws::all<invents_a_difference>()),
         test::mutant_of("sums_to_zero", advantage_laws::all<takes_the_median>()),
         test::mutant_of("does_not_change_with_a_shift", advantage_laws::all<weighs_by_the_mean>()),
         test::mutant_of("does_not_change_with_the_scale", advantage_laws::all<does_not_normalize>())});
}

}  // namespace
}  // namespace aha::testing
