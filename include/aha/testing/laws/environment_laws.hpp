#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <aha/concepts/environment.hpp>
#include <aha/core/environment_answer.hpp>
#include <aha/core/json.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/testing/laws/any_texts.hpp>
#include <aha/testing/laws/law.hpp>

/// Laws of an environment. The implementation is described by a `Case`:
///
///     struct my_case {
///         static my_environment make() { return my_environment{}; }
///         static aha::prompt prompt();                             // optional: a prompt as its data has them
///         static std::vector<std::vector<std::string>> dialogues(); // optional: turns that a policy takes which
///                                                                   // knows what to say
///         static constexpr std::int64_t most_turns = 20;           // optional: after which an episode is over,
///                                                                   // whatever is said
///         static constexpr bool may_throw = false;                 // optional: true for one that refuses some texts
///     };
namespace aha::testing::environment_laws {

namespace detail {

template <class Case>
prompt prompt_of() {
    if constexpr (requires { Case::prompt(); }) return Case::prompt();
    else {
        prompt p;
        p.text = "What is 1 + 2?";
        p.fields = {{"answer", 3}, {"prompt", p.text}};
        return p;
    }
}

/// Dialogues: the case's own, and each of any texts thrice.
template <class Case>
std::vector<std::vector<std::string>> dialogues_of() {
    std::vector<std::vector<std::string>> all;
    if constexpr (requires { Case::dialogues(); }) all = Case::dialogues();
    for (const std::string& text : any_texts()) all.push_back({text, text, text});
    return all;
}

/// Keys of episodes.
inline std::vector<random_key> keys() { return {{1, 0, 0, 0}, {1, 0, 0, 1}, {2, 3, 5, 0}, {3, 1, 2, 7}}; }

/// An answer, or what was thrown.
struct outcome {
    environment_answer answer{};
    bool threw = false;
    std::string problem{};
    bool operator==(const outcome& o) const {
        const bool same_reward =
            answer.reward == o.answer.reward || (std::isnan(answer.reward) && std::isnan(o.answer.reward));
        return threw == o.threw && answer.text == o.answer.text && answer.over == o.answer.over && same_reward &&
               answer.role == o.answer.role && answer.messages == o.answer.messages;
    }
};

template <class Episode>
outcome ask(Episode& episode, const std::string& said) {
    try {
        return {episode.answer(said), false, {}};
    } catch (const std::exception& thrown) {
        return {{}, true, thrown.what()};
    } catch (...) {
        return {{}, true, "something that is no std::exception"};
    }
}

/// A dialogue up to its end: the answers to its turns.
/// @param on how a turn is called
template <class Environment>
std::vector<outcome> talk(const Environment& world, const prompt& p, const random_key& key,
                          const std::vector<std::string>& said,
                          const std::function<void(const std::function<void()>&)>& on = {}) {
    auto&& episode = world.start(p, random_stream{key});
    std::vector<outcome> all;
    for (const std::string& turn : said) {
        outcome& now = all.emplace_back();
        const auto call = [&] { now = ask(episode, turn); };
        on ? on(call) : call();
        if (now.threw || now.answer.over) break;
    }
    return all;
}

inline std::string shown(const std::string& text) { return "\"" + text.substr(0, 40) + "\""; }

inline std::string shown(const outcome& o) {
    if (o.threw) return "an exception (" + o.problem + ")";
    return sentence(
        shown(o.answer.messages.is_null() ? o.answer.text
                                          : o.answer.messages.dump(-1, ' ', false, json::error_handler_t::replace)),
        o.answer.over ? ", over" : "", ", with a reward of ", o.answer.reward);
}

/// Where two dialogues part; empty if they do not.
inline std::string parting(const std::vector<outcome>& one, const std::vector<outcome>& other,
                           const std::vector<std::string>& said, const std::string& but) {
    for (std::size_t n = 0; n < std::min(one.size(), other.size()); ++n)
        if (!(one[n] == other[n]))
            return sentence("answers ", shown(one[n]), " to ", shown(said[n]), " in turn ", n + 1, ", and ",
                            shown(other[n]), " ", but);
    return {};
}

}  // namespace detail

/// An episode begun with the same key says the same: what it draws is the stream's, so that runs can be repeated.
template <class Case>
std::string equal_keys_give_equal_episodes() {
    const auto world = Case::make();
    const prompt p = detail::prompt_of<Case>();
    for (const random_key& key : detail::keys())
        for (const std::vector<std::string>& said : detail::dialogues_of<Case>())
            if (const std::string found = detail::parting(detail::talk(world, p, key, said),
                                                          detail::talk(world, p, key, said), said, "the second time");
                !found.empty())
                return found;
    return {};
}

/// Episodes that take turns say what each says alone: many are under way at once.
template <class Case>
std::string episodes_do_not_disturb_one_another() {
    const auto world = Case::make();
    const prompt p = detail::prompt_of<Case>();
    const auto all = detail::dialogues_of<Case>();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& mine = all[i];
        const auto& theirs = all[(i + 1) % all.size()];
        const random_key key{1, 0, 0, 0};
        const auto alone = detail::talk(world, p, key, mine);
        if (!detail::parting(alone, detail::talk(world, p, key, mine), mine, "").empty()) continue;  // another law
        auto&& one = world.start(p, random_stream{key});
        auto&& other = world.start(p, random_stream{{1, 0, 0, 1}});
        std::vector<detail::outcome> together;
        bool other_over = false;
        for (std::size_t n = 0; n < alone.size(); ++n) {
            if (n < theirs.size() && !other_over) {
                const detail::outcome beside = detail::ask(other, theirs[n]);
                other_over = beside.threw || beside.answer.over;
            }
            together.push_back(detail::ask(one, mine[n]));
        }
        if (const std::string found = detail::parting(alone, together, mine, "while another episode is under way");
            !found.empty())
            return found;
    }
    return {};
}

/// It answers whatever a policy says: one in training says every kind of bytes, and what throws ends the run or counts
/// as failed.
template <class Case>
std::string answers_any_text() {
    if constexpr (requires { requires Case::may_throw; }) return {};
    const auto world = Case::make();
    const prompt p = detail::prompt_of<Case>();
    for (const std::vector<std::string>& said : detail::dialogues_of<Case>()) {
        const auto answers = detail::talk(world, p, {}, said);
        if (answers.back().threw)
            return sentence("throws on ", detail::shown(said[answers.size() - 1]), " in turn ", answers.size(), ": ",
                            answers.back().problem);
    }
    return {};
}

/// Its rewards are finite: one NaN makes a whole group's advantages NaN.
template <class Case>
std::string gives_finite_rewards() {
    const auto world = Case::make();
    const prompt p = detail::prompt_of<Case>();
    for (const std::vector<std::string>& said : detail::dialogues_of<Case>()) {
        const auto answers = detail::talk(world, p, {}, said);
        for (std::size_t n = 0; n < answers.size(); ++n)
            if (!std::isfinite(answers[n].answer.reward))
                return sentence("gives a reward of ", answers[n].answer.reward, " for ", detail::shown(said[n]),
                                " in turn ", n + 1);
    }
    return {};
}

/// If it says after how many turns an episode is over, it is over then, whatever the policy says.
template <class Case>
std::string ends_within_its_most_turns() {
    if constexpr (requires { Case::most_turns; }) {
        const auto world = Case::make();
        const prompt p = detail::prompt_of<Case>();
        for (const std::string& text : any_texts()) {
            const std::vector<std::string> said(static_cast<std::size_t>(Case::most_turns), text);
            const auto answers = detail::talk(world, p, {}, said);
            if (!answers.back().threw && !answers.back().answer.over)
                return sentence("is not over after ", answers.size(), " turns of ", detail::shown(text));
        }
    }
    return {};
}

/// Other threads get the same answers: each turn may be answered on another one.
template <class Case>
std::string gives_the_same_on_another_thread() {
    const auto world = Case::make();
    const prompt p = detail::prompt_of<Case>();
    const auto elsewhere = [](const std::function<void()>& call) { std::thread{call}.join(); };
    for (const std::vector<std::string>& said : detail::dialogues_of<Case>()) {
        const auto here = detail::talk(world, p, {}, said);
        if (!detail::parting(here, detail::talk(world, p, {}, said), said, "").empty()) continue;  // another law
        const auto there = detail::talk(world, p, {}, said, elsewhere);
        if (const std::string found = detail::parting(here, there, said, "on another thread"); !found.empty())
            return found;
    }
    return {};
}

/// All of them.
template <class Case>
constexpr std::array<law, 6> all() {
    return {{{"equal_keys_give_equal_episodes", equal_keys_give_equal_episodes<Case>},
             {"episodes_do_not_disturb_one_another", episodes_do_not_disturb_one_another<Case>},
             {"answers_any_text", answers_any_text<Case>},
             {"gives_finite_rewards", gives_finite_rewards<Case>},
             {"ends_within_its_most_turns", ends_within_its_most_turns<Case>},
             {"gives_the_same_on_another_thread", gives_the_same_on_another_thread<Case>}}};
}

}  // namespace aha::testing::environment_laws
