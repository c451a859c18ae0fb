#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/core/error.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/dist/one_process.hpp>
#include <aha/train/checked_groups.hpp>
#include <aha/train/distill_gradient.hpp>
#include <aha/train/pretrained.hpp>
#include <aha/train/spread_prompts.hpp>
#include <aha/train/token_limits.hpp>

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
    const auto first =
        std::find_if(example.learned.begin(), example.learned.end(), [](auto mark) { return mark != 0; });
    return {example.ids.begin(), example.ids.begin() + (first - example.learned.begin())};
}

}  // namespace detail

/// What the student answered itself.
struct student_answers {
    std::vector<supervised_example> examples;  ///< what the student learns from
    std::int64_t tokens = 0;                   ///< of all answers
};

/// Each item, with probability `share`, is answered by the model in place of the data: its example becomes the prompt
/// and what was sampled, all of which is learned. Draws depend on the key's seed and step and on the item's place.
/// @param ranks among which the answers are shared out; each then has all
template <class Model, class Sampler, class Communicator = one_process>
student_answers answer_as_student(const Model& model, Sampler& sampler, std::span<distill_item> items, double share,
                                  const random_key& key, const Communicator& ranks = {}) {
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
        const std::vector<rollout_group> groups = spread_prompts(ranks, prompts, [&](std::span<const prompt> mine) {
            return detail::checked_groups(sampler.sample(model, mine, 1, key), mine, 1, detail::limits_of(model));
        });
        answers.examples.reserve(chosen.size());  // items point into it
        for (std::size_t i = 0; i < chosen.size(); ++i) {
            const std::vector<token_id>& sampled = groups.at(i).completions.at(0).ids;
            require(!sampled.empty(), "the sampler gave no tokens for example ", chosen[i]->example->index);
            supervised_example answered{chosen[i]->example->index, std::move(prompts[i].ids), {}};
            answered.learned.assign(answered.ids.size(), 0);
            answered.ids.insert(answered.ids.end(), sampled.begin(), sampled.end());
            answered.learned.resize(answered.ids.size(), 1);
            answers.tokens += std::ssize(sampled);
            answers.examples.push_back(std::move(answered));
            chosen[i]->example = &answers.examples.back();
            chosen[i]->sampled = true;
        }
    }
    return answers;
}

}  // namespace aha
