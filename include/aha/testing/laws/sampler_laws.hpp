#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <aha/concepts/language_model.hpp>
#include <aha/concepts/sampler.hpp>
#include <aha/model/pack.hpp>
#include <aha/core/records.hpp>
#include <aha/testing/laws/law.hpp>

/// Laws of a sampler, of the model that it serves:
///
///     struct my_case {
///         static my_model model();
///         static my_sampler make();
///         static std::vector<aha::prompt> prompts();   // with ids; each index once
///         static constexpr bool random = false;        // optional: it does not draw, so seeds do not matter
///         static constexpr double tolerance = 1e-5;    // optional: of log-probs
///     };
namespace aha::testing::sampler_laws {

namespace detail {

inline constexpr std::int64_t group_size = 5;

template <class Case>
std::vector<rollout_group> sampled(std::span<const prompt> prompts, std::uint64_t seed = 11, std::uint64_t step = 3) {
    const auto model = Case::model();
    auto sampler = Case::make();
    return sampler.sample(model, prompts, group_size, random_key{.seed = seed, .step = step});
}

template <class Case>
std::vector<rollout_group> sampled(std::uint64_t seed = 11) {
    const std::vector<prompt> prompts = Case::prompts();
    return sampled<Case>(std::span<const prompt>{prompts}, seed);
}

/// Where the completions of two groups differ; empty if nowhere.
inline std::string difference(const rollout_group& a, const rollout_group& b) {
    for (std::size_t n = 0; n < std::min(a.completions.size(), b.completions.size()); ++n)
        if (a.completions[n].ids != b.completions[n].ids)
            return sentence("completion ", n, " of prompt ", a.prompt.index, " is another one");
    return {};
}

}  // namespace detail

/// One group a prompt, in their order, each with its prompt.
template <class Case>
std::string gives_a_group_for_each_prompt_in_order() {
    const std::vector<prompt> prompts = Case::prompts();
    const auto groups = detail::sampled<Case>();
    if (groups.size() != prompts.size())
        return sentence("gives ", groups.size(), " groups for ", prompts.size(), " prompts");
    for (std::size_t i = 0; i < groups.size(); ++i)
        if (groups[i].prompt.index != prompts[i].index)
            return sentence("group ", i, " is of prompt ", groups[i].prompt.index, " instead of ", prompts[i].index);
    return {};
}

/// As many completions a group as were asked for: advantages compare them.
template <class Case>
std::string fills_each_group() {
    for (const rollout_group& group : detail::sampled<Case>())
        if (std::ssize(group.completions) != detail::group_size)
            return sentence("gives ", group.completions.size(), " completions of prompt ", group.prompt.index,
                            " instead of ", detail::group_size);
    return {};
}

/// Every completion has tokens, of the model's vocabulary.
template <class Case>
std::string says_tokens_of_the_vocabulary() {
    const auto model = Case::model();
    const std::int64_t size = model.head().weight.size(0);
    for (const rollout_group& group : detail::sampled<Case>())
        for (const completion& c : group.completions) {
            if (c.ids.empty()) return sentence("a completion of prompt ", group.prompt.index, " has no tokens");
            for (const token_id id : c.ids)
                if (id < 0 || id >= size) return sentence("says token ", id, " of ", size);
        }
    return {};
}

/// One log-prob a token, twice: under the model and as sampled.
template <class Case>
std::string gives_a_log_prob_for_each_token() {
    for (const rollout_group& group : detail::sampled<Case>())
        for (const completion& c : group.completions)
            if (c.log_probs.size() != c.ids.size() || c.behavior_log_probs.size() != c.ids.size())
                return sentence("gives ", c.log_probs.size(), " log_probs and ", c.behavior_log_probs.size(),
                                " behavior_log_probs for ", c.ids.size(), " tokens");
    return {};
}

/// The log-probs are the model's own: what the ratio of the objective divides by.
template <class Case>
std::string tells_the_models_log_probs() {
    const at::NoGradGuard no_gradients;
    double allowed = 1e-5;
    if constexpr (requires { Case::tolerance; }) allowed = Case::tolerance;
    const auto model = Case::model();
    const std::int64_t size = model.head().weight.size(0);
    for (const rollout_group& group : detail::sampled<Case>())
        for (const completion& c : group.completions) {
            bool measurable = !c.ids.empty() && c.log_probs.size() == c.ids.size();
            for (const token_id id : c.ids) measurable = measurable && id >= 0 && id < size;
            if (!measurable) continue;  // another law says so
            const token_group one{group.prompt.ids, {std::span<const token_id>{c.ids}}};
            const packed_groups packed = pack_groups(std::span{&one, 1});
            const at::Tensor logits = model.hidden(packed.batch)
                                          .to(at::kFloat)
                                          .index_select(0, packed.predictions.rows)
                                          .matmul(model.head().weight.detach().to(at::kFloat).t());
            const at::Tensor log_probs = at::log_softmax(logits, -1);
            for (std::size_t t = 0; t < c.ids.size(); ++t) {
                const double right = log_probs[static_cast<std::int64_t>(t)][c.ids[t]].template item<double>();
                if (!(std::abs(right - c.log_probs[t]) <= allowed))
                    return sentence("tells log p ", c.log_probs[t], " of token ", t,
                                    " of a completion; the model says ", right);
            }
        }
    return {};
}

/// Equal keys and weights give equal completions, whatever else is sampled with them.
template <class Case>
std::string depends_on_the_key_alone() {
    const std::vector<prompt> prompts = Case::prompts();
    const auto together = detail::sampled<Case>();
    for (const prompt& p : prompts) {
        const auto alone = detail::sampled<Case>(std::span<const prompt>{&p, 1});
        for (const rollout_group& group : together)
            if (group.prompt.index == p.index && !alone.empty())
                if (const auto off = detail::difference(group, alone.front()); !off.empty())
                    return off + " when the prompt is sampled alone";
    }
    return {};
}

/// Another seed gives other completions, unless it draws none.
template <class Case>
std::string listens_to_the_seed() {
    if constexpr (requires { requires !Case::random; }) return {};
    else {
        const auto some = detail::sampled<Case>(11), others = detail::sampled<Case>(12);
        for (std::size_t i = 0; i < std::min(some.size(), others.size()); ++i)
            if (!detail::difference(some[i], others[i]).empty()) return {};
        return "gives the same completions for the seeds 11 and 12";
    }
}

/// All of them.
template <class Case>
constexpr std::array<law, 7> all() {
    return {{{"gives_a_group_for_each_prompt_in_order", gives_a_group_for_each_prompt_in_order<Case>},
             {"fills_each_group", fills_each_group<Case>},
             {"says_tokens_of_the_vocabulary", says_tokens_of_the_vocabulary<Case>},
             {"gives_a_log_prob_for_each_token", gives_a_log_prob_for_each_token<Case>},
             {"tells_the_models_log_probs", tells_the_models_log_probs<Case>},
             {"depends_on_the_key_alone", depends_on_the_key_alone<Case>},
             {"listens_to_the_seed", listens_to_the_seed<Case>}}};
}

}  // namespace aha::testing::sampler_laws
