#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/core/supervised_example.hpp>
#include <aha/core/token_id.hpp>
#include <aha/dist/one_process.hpp>
#include <aha/rollout/sampling_options.hpp>
#include <aha/rollout/checked_groups.hpp>
#include <aha/update/distill_gradient.hpp>
#include <aha/rollout/source.hpp>
#include <aha/update/distill_options.hpp>
#include <aha/dist/distribute_prompts.hpp>

namespace aha {

namespace detail {

/// Stands where a bare model was given no sampler.
struct no_sampler {};

template <class Source>
using sampler_or_none_t =
    std::conditional_t<std::is_void_v<default_sampler_t<Source>>, no_sampler, default_sampler_t<Source>>;

template <class Source>
struct make_sampler_or_none {
    const Source* source;
    template <class Sampler>
    Sampler operator()(std::type_identity<Sampler>) const {
        if constexpr (std::is_same_v<Sampler, no_sampler>) return {};
        else return Sampler{source->tokenizer};
    }
};

/// The part of a random key that says "who answers": larger than any place in a data set, so that no sampler's stream
/// is the same one.
inline constexpr std::uint64_t who_answers_stream = std::uint64_t{1} << 62;

/// The tokens before the first learned one.
inline std::vector<token_id> prompt_of(const supervised_example& example) {
    const auto first = std::ranges::find_if(example.loss_mask, [](std::uint8_t mark) { return mark != 0; });
    return {example.ids.begin(), example.ids.begin() + (first - example.loss_mask.begin())};
}

}  // namespace detail

/// What the student answered itself.
struct student_answers {
    std::vector<supervised_example> examples;  ///< what the student learns from
    std::int64_t tokens = 0;                   ///< of all answers
};

/// What a student's own answers are limited to, so that both models can read them.
struct answer_limits {
    std::int64_t context = std::numeric_limits<std::int64_t>::max();     ///< most tokens of prompt and answer together
    std::int64_t vocabulary = std::numeric_limits<std::int64_t>::max();  ///< tokens that both know

    /// Those of answers that a teacher judges; none where there are no such answers.
    template <class Student, class Teacher>
    static answer_limits of(const Student& student, const Teacher& teacher, const distill_options& options) {
        answer_limits limits;
        if (options.on_policy == 0) return limits;
        if constexpr (requires { teacher.head(); })
            limits.vocabulary = options.vocabulary > 0
                                    ? options.vocabulary
                                    : std::min(student.head().compute.size(0), teacher.head().compute.size(0));
        if constexpr (requires { teacher.context(); }) limits.context = teacher.context();
        if constexpr (requires { student.context(); })
            limits.context = std::min<std::int64_t>(limits.context, student.context());
        return limits;
    }
};

/// The sampler of a student's answers, with no larger budget than the limits leave behind the shortest prompt, and
/// without tokens that the teacher does not know. A sampler of another kind than `autoregressive_sampler` stays as it
/// is: `answer_as_student` cuts its answers.
template <class Sampler, class Student>
Sampler limited_sampler(Sampler sampler, const answer_limits& limits, std::span<const supervised_example> examples,
                        const Student& student) {
    if constexpr (requires { Sampler{sampler.tokenizer(), sampling_options{sampler.options()}, sampler.max_rows()}; }) {
        sampling_options options = sampler.options();
        std::int64_t shortest = limits.context;
        for (const supervised_example& one : examples)
            shortest = std::min<std::int64_t>(shortest, std::ssize(detail::prompt_of(one)));
        options.max_new_tokens = std::clamp<std::int64_t>(limits.context - shortest, 1, options.max_new_tokens);
        options.min_new_tokens = std::min(options.min_new_tokens, options.max_new_tokens);
        const std::int64_t rows = student.head().compute.size(0);
        for (std::int64_t id = limits.vocabulary; id < rows; ++id) options.suppress.push_back(id);
        if (options != sampler.options()) return Sampler{sampler.tokenizer(), std::move(options), sampler.max_rows()};
    }
    return sampler;
}

/// Each item, with probability `share`, is answered by the model in place of the data: its example becomes the prompt
/// and what was sampled, all of which is learned. Draws depend on the key's seed and step and on the item's place.
/// An answer that reaches the limits' context is cut there.
/// @param ranks among which the answers are sharded; each then has all
/// Throws `aha::error`, which names the example, if the sampler gives no answer, one without tokens, or a token beyond
/// the limits' vocabulary.
template <class Model, class Sampler, class Communicator = one_process>
student_answers answer_as_student(const Model& model, Sampler& sampler, std::span<distill_item> items, double share,
                                  const random_key& key, const Communicator& ranks = {},
                                  const answer_limits& limits = {}) {
    student_answers answers;
    if constexpr (!std::is_same_v<Sampler, detail::no_sampler>) {
        std::vector<prompt> prompts;
        std::vector<distill_item*> chosen;
        for (distill_item& item : items) {
            const random_stream random{{key.seed, key.step, detail::who_answers_stream, item.place}};
            if (random.uniform(0) >= share) continue;
            chosen.push_back(&item);
            prompts.emplace_back();
            prompts.back().index = static_cast<std::int64_t>(item.place);
            prompts.back().ids = detail::prompt_of(*item.example);
        }
        if (chosen.empty()) return answers;
        const std::vector<rollout_group> groups = distribute_prompts(ranks, prompts, [&](std::span<const prompt> mine) {
            return detail::checked_groups(sampler.sample(model, mine, 1, key), mine, 1, detail::limits_of(model));
        });
        answers.examples.reserve(chosen.size());  // items point into it
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            const std::int64_t index = chosen[i]->example->index;
            require(i < groups.size() && groups[i].completions.size() == 1,
                    "the sampler did not give one answer to example ", index);
            std::span<const token_id> sampled = groups[i].completions[0].ids;
            require(groups[i].completions[0].turns.empty(), "the sampler answered example ", index,
                    " with an environment's turns, which are not the student's to learn");
            require(!sampled.empty(), "the sampler gave no tokens for example ", index);
            for (const token_id id : sampled)
                require(id >= 0 && id < limits.vocabulary, "the sampler gave token ", id, " for example ", index,
                        ", but student and teacher share ", limits.vocabulary, " tokens");
            const std::int64_t room = limits.context - std::ssize(prompts[i].ids);
            require(room > 0, "the prompt of example ", index, " has ", prompts[i].ids.size(),
                    " tokens, which leaves no room in a context of ", limits.context);
            sampled = sampled.first(std::min(sampled.size(), static_cast<std::size_t>(room)));
            supervised_example answered{index, std::move(prompts[i].ids), {}};
            answered.loss_mask.assign(answered.ids.size(), 0);
            answered.ids.insert(answered.ids.end(), sampled.begin(), sampled.end());
            answered.loss_mask.resize(answered.ids.size(), 1);
            answers.tokens += std::ssize(sampled);
            answers.examples.push_back(std::move(answered));
            chosen[i]->example = &answers.examples.back();
            chosen[i]->sampled = true;
        }
    }
    return answers;
}

}  // namespace aha
