#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include <aha/concepts/result.hpp>
#include <aha/core/environment_answer.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>

/// An environment speaks with the policy in turns: a game, a tool, a compiler, a user.
///
/// 1. `start(prompt, random) const` begins an episode for one completion of a prompt; what it draws comes from the
///    `random_stream`, so that equal keys give equal episodes. It is called from several threads at once.
/// 2. The episode's `answer(text)` is called with what the policy said in a turn, without special tokens, and gives an
///    `environment_answer`: what the policy reads next, or that the dialogue is over, and what the turn is worth. No
///    two calls of an episode overlap, but they come from different threads.
///
/// An episode is kept by the sampler until its completion has ended. Not required: copies or moves of either; speed
/// (other completions are decoded meanwhile); that `answer` never throws (the sampler has rules for that).
namespace aha {

/// `start(prompt, random) const` gives an episode.
template <class World>
concept environment_starts =
    requires(const World& e, const prompt& p, const random_stream& random) { e.start(p, random); } &&
    !std::is_void_v<decltype(std::declval<const World&>().start(std::declval<const prompt&>(),
                                                                std::declval<const random_stream&>()))>;

namespace detail {

/// What stands for the episodes of something that starts none, so that one mistake gives one sentence.
struct silent_episode {
    environment_answer answer(const std::string&);
};

template <class World>
struct episode_type {
    using type = silent_episode;
};
template <environment_starts World>
struct episode_type<World> {
    using type = std::remove_cvref_t<decltype(std::declval<const World&>().start(
        std::declval<const prompt&>(), std::declval<const random_stream&>()))>;
};

}  // namespace detail

/// The type of an environment's episodes.
template <class World>
using episode_of = typename detail::episode_type<World>::type;

/// `answer(text)` can be called on an episode.
template <class World>
concept episode_is_callable = requires(episode_of<World>& e, const std::string& said) { e.answer(said); };

/// `answer(text)` gives an `environment_answer`.
template <class World>
concept episode_answers = episode_is_callable<World> && requires(episode_of<World>& e, const std::string& said) {
    { e.answer(said) } -> detail::yields<environment_answer>;
};

/// What the policy speaks with in turns.
template <class World>
concept environment = environment_starts<World> && episode_answers<World>;

/// True, or a compile-time error that says what to write.
template <class World>
consteval bool require_environment() {
    static_assert(environment_starts<World>,
                  "aha: an environment begins an episode for a prompt; write: "
                  "my_episode start(const aha::prompt& p, const aha::random_stream& random) const;");
    static_assert(episode_is_callable<World>,
                  "aha: an environment's episode answers what the policy said; write in it: "
                  "aha::environment_answer answer(const std::string& said);");
    static_assert(!episode_is_callable<World> || episode_answers<World>,
                  "aha: an episode's answer(said) gives what the policy reads next, or that it is over; make it "
                  "return: aha::environment_answer");
    return true;
}

}  // namespace aha
