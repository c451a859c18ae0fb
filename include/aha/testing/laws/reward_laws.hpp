#pragma once

#include <array>
#include <cmath>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <aha/concepts/reward.hpp>
#include <aha/core/records.hpp>
#include <aha/testing/laws/any_texts.hpp>
#include <aha/testing/laws/law.hpp>

/// Laws of a reward. The implementation is described by a `Case`:
///
///     struct my_case {
///         static my_reward make() { return my_reward{}; }
///         static aha::prompt prompt();             // optional: a prompt as its data has them
///         static constexpr bool may_throw = false; // optional: true for a reward that refuses some texts
///     };
namespace aha::testing::reward_laws {

namespace detail {

template <class Case>
prompt prompt_of() {
    if constexpr (requires { Case::prompt(); }) return Case::prompt();
    else {
        prompt p;
        p.text = "What is 1 + 2?";
        p.fields = {{"answer", 3}, {"prompt", p.text}, {"language", "en"}};
        return p;
    }
}

/// A completion of each text.
inline std::vector<completion> completions() {
    std::vector<completion> all;
    for (std::string& text : any_texts()) {
        completion c;
        c.text = std::move(text);
        c.ids = {1, 2, 3};
        c.log_probs = c.behavior_log_probs = {-1, -1, -1};
        c.finish = all.size() % 2 == 0 ? finish_reason::end_token : finish_reason::length;
        all.push_back(std::move(c));
    }
    return all;
}

/// The score's number, nothing where it does not apply; `threw` if the reward threw.
struct outcome {
    std::optional<double> value;
    std::string threw;
    bool operator==(const outcome& other) const {
        const bool both_nan = value && other.value && std::isnan(*value) && std::isnan(*other.value);
        return threw.empty() == other.threw.empty() && (both_nan || value == other.value);
    }
};

template <class R>
outcome ask(const R& reward, const prompt& p, const completion& c) {
    try {
        auto given = reward(p, c);
        if constexpr (std::is_arithmetic_v<decltype(given)>) return {static_cast<double>(given), {}};
        else if constexpr (std::is_same_v<decltype(given), score>)
            return {given.applicable ? std::optional{given.value} : std::nullopt, {}};
        else return {given, {}};
    } catch (const std::exception& problem) {
        return {std::nullopt, *problem.what() == '\0' ? "something" : problem.what()};
    }
}

inline std::string shown(const completion& c) { return "\"" + c.text.substr(0, 40) + "\""; }

inline std::string shown(const outcome& o) {
    if (!o.threw.empty()) return "an exception (" + o.threw + ")";
    return o.value ? std::to_string(*o.value) : "not applicable";
}

}  // namespace detail

/// It scores whatever a model says. A training run meets every kind of bytes, and what throws is scored by a rule
/// instead.
template <class Case>
std::string scores_any_text() {
    if constexpr (requires { requires Case::may_throw; }) return {};
    const auto reward = Case::make();
    const prompt p = detail::prompt_of<Case>();
    for (const completion& c : detail::completions())
        if (const auto got = detail::ask(reward, p, c); !got.threw.empty())
            return sentence("throws on ", detail::shown(c), ": ", got.threw);
    return {};
}

/// Its numbers are finite: one NaN makes a whole group's advantages NaN.
template <class Case>
std::string gives_finite_numbers() {
    const auto reward = Case::make();
    const prompt p = detail::prompt_of<Case>();
    for (const completion& c : detail::completions())
        if (const auto got = detail::ask(reward, p, c); got.value && !std::isfinite(*got.value))
            return sentence("gives ", *got.value, " for ", detail::shown(c));
    return {};
}

/// If it says that it is deterministic, asking twice gives the same score: its scores are kept instead of computed
/// anew.
template <class Case>
std::string is_deterministic_if_it_says_so() {
    const auto reward = Case::make();
    if constexpr (deterministic_reward<std::remove_const_t<decltype(reward)>>) {
        const prompt p = detail::prompt_of<Case>();
        for (const completion& c : detail::completions()) {
            const auto first = detail::ask(reward, p, c), second = detail::ask(reward, p, c);
            if (!(first == second))
                return sentence("gives ", detail::shown(first), ", then ", detail::shown(second), " for ",
                                detail::shown(c));
        }
    }
    return {};
}

/// A completion's score does not depend on which completions were scored before: the order is that of the threads.
template <class Case>
std::string has_no_memory() {
    const auto reward = Case::make();
    if constexpr (deterministic_reward<std::remove_const_t<decltype(reward)>>) {
        const prompt p = detail::prompt_of<Case>();
        const std::vector<completion> all = detail::completions();
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto before = detail::ask(reward, p, all[i]);
            detail::ask(reward, p, all[(i + 1) % all.size()]);
            const auto after = detail::ask(reward, p, all[i]);
            if (!(before == after))
                return sentence("gives ", detail::shown(before), " for ", detail::shown(all[i]), ", and ",
                                detail::shown(after), " once another completion was scored");
        }
    }
    return {};
}

/// Another thread gets the same score: rewards are called on all threads.
template <class Case>
std::string gives_the_same_on_another_thread() {
    if constexpr (deterministic_reward<std::remove_cvref_t<decltype(Case::make())>>) {
        const prompt p = detail::prompt_of<Case>();
        for (const completion& c : detail::completions()) {
            const auto one = Case::make(), other = Case::make();
            const auto here = detail::ask(one, p, c);
            detail::outcome there;
            std::thread{[&] { there = detail::ask(other, p, c); }}.join();
            if (!(here == there))
                return sentence("gives ", detail::shown(here), " for ", detail::shown(c), ", and ",
                                detail::shown(there), " on another thread");
        }
    }
    return {};
}

/// All of them.
template <class Case>
constexpr std::array<law, 5> all() {
    return {{{"scores_any_text", scores_any_text<Case>},
             {"gives_finite_numbers", gives_finite_numbers<Case>},
             {"is_deterministic_if_it_says_so", is_deterministic_if_it_says_so<Case>},
             {"has_no_memory", has_no_memory<Case>},
             {"gives_the_same_on_another_thread", gives_the_same_on_another_thread<Case>}}};
}

}  // namespace aha::testing::reward_laws
