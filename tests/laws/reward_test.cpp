#include <array>
#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include <aha/reward/accuracy.hpp>
#include <aha/reward/combine.hpp>
#include <aha/reward/cosine_length.hpp>
#include <aha/reward/countdown.hpp>
#include <aha/reward/format.hpp>
#include <aha/reward/kimi_length.hpp>
#include <aha/reward/language_consistency.hpp>
#include <aha/reward/last_integer.hpp>
#include <aha/reward/multiple_choice.hpp>
#include <aha/reward/repetition_penalty.hpp>
#include <aha/reward/soft_overlong.hpp>
#include <aha/reward/tag_count.hpp>
#include <aha/testing/laws/reward_laws.hpp>
#include <aha/testing/register_laws.hpp>
#include <tests/laws/mutants.hpp>

namespace aha::testing {
namespace {

template <class Reward>
struct made_plainly {
    static Reward make() { return Reward{}; }
};
struct multiple_choice_case : made_plainly<multiple_choice> {
    static aha::prompt prompt() {
        aha::prompt p;
        p.fields = {{"answer", "B"}, {"choices", {"2", "3", "4"}}};
        return p;
    }
};
struct countdown_case : made_plainly<countdown> {
    static aha::prompt prompt() {
        aha::prompt p;
        p.fields = {{"numbers", {1, 2, 3}}, {"target", 6}};
        return p;
    }
};
struct sum_case {
    static auto make() { return sum_rewards(named("accuracy", accuracy{}), named("format", format_reward{})); }
};
const std::array registered{
    register_laws("reward_laws/accuracy", reward_laws::all<made_plainly<accuracy>>()),
    register_laws("reward_laws/format", reward_laws::all<made_plainly<format_reward>>()),
    register_laws("reward_laws/tag_count", reward_laws::all<made_plainly<tag_count>>()),
    register_laws("reward_laws/multiple_choice", reward_laws::all<multiple_choice_case>()),
    register_laws("reward_laws/countdown", reward_laws::all<countdown_case>()),
    register_laws("reward_laws/language_consistency", reward_laws::all<made_plainly<language_consistency<>>>()),
    register_laws("reward_laws/repetition_penalty", reward_laws::all<made_plainly<repetition_penalty>>()),
    register_laws("reward_laws/soft_overlong", reward_laws::all<made_plainly<soft_overlong>>()),
    register_laws("reward_laws/sum", reward_laws::all<sum_case>())};

// Broken ones.

struct right {
    bool operator()(const prompt& p, const completion& c) const { return last_integer(c.text) == p["answer"]; }
};
struct throws_on_bytes {
    double operator()(const prompt&, const completion& c) const {
        return static_cast<double>(nlohmann::json(c.text).dump().size());  // throws unless the text is UTF-8
    }
};
struct divides_by_length {
    double operator()(const prompt&, const completion& c) const { return 0.0 / static_cast<double>(c.text.size()); }
};
struct alternates {
    std::shared_ptr<std::atomic<int>> asked = std::make_shared<std::atomic<int>>(0);
    double operator()(const prompt&, const completion&) const { return (*asked)++ % 2; }
};
struct counts_changes {
    struct memory {
        std::string last;
        int changes = 0;
    };
    std::shared_ptr<memory> seen = std::make_shared<memory>();
    double operator()(const prompt&, const completion& c) const {
        if (c.text != seen->last) ++seen->changes;
        seen->last = c.text;
        return seen->changes;
    }
};
struct knows_its_thread {
    std::thread::id home = std::this_thread::get_id();
    bool operator()(const prompt&, const completion&) const { return std::this_thread::get_id() == home; }
};

}  // namespace
}  // namespace aha::testing

template <>
inline constexpr bool aha::deterministic_reward<aha::testing::right> = true;
template <>
inline constexpr bool aha::deterministic_reward<aha::testing::throws_on_bytes> = true;
template <>
inline constexpr bool aha::deterministic_reward<aha::testing::divides_by_length> = true;
template <>
inline constexpr bool aha::deterministic_reward<aha::testing::alternates> = true;
template <>
inline constexpr bool aha::deterministic_reward<aha::testing::counts_changes> = true;
template <>
inline constexpr bool aha::deterministic_reward<aha::testing::knows_its_thread> = true;

namespace aha::testing {
namespace {

TEST(reward_laws, each_is_needed) {
    test::expect_a_mutant_for_each_law(
        reward_laws::all<made_plainly<right>>(),
        {test::mutant_of("scores_any_text", reward_laws::all<made_plainly<throws_on_bytes>>()),
         test::mutant_of("gives_finite_numbers", reward_laws::all<made_plainly<divides_by_length>>()),
         test::mutant_of("is_deterministic_if_it_says_so", reward_laws::all<made_plainly<alternates>>()),
         test::mutant_of("has_no_memory", reward_laws::all<made_plainly<counts_changes>>()),
         test::mutant_of("gives_the_same_on_another_thread", reward_laws::all<made_plainly<knows_its_thread>>())});
}

}  // namespace
}  // namespace aha::testing
