#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <torch/csrc/autograd/autograd.h>
#include <vector>

#include <aha/concepts/decoding_model.hpp>
#include <aha/concepts/language_model.hpp>
#include <aha/model/pack.hpp>
#include <aha/core/token_id.hpp>
#include <aha/testing/laws/law.hpp>
#include <aha/testing/tolerance.hpp>

/// Laws of a language model and, where it has sessions, of decoding with it:
///
///     struct my_case {
///         static my_model make();                      // at least 8 tokens; the same weights each time
///         static constexpr double tolerance = 1e-5;    // optional: of hidden states
///     };
namespace aha::testing::language_model_laws {

namespace detail {

using tokens = std::vector<token_id>;

template <class Case>
tolerance allowed() {
    if constexpr (requires { Case::tolerance; }) return {Case::tolerance, Case::tolerance};
    else return {1e-5, 1e-5};
}

/// A prompt with completions. A completion's last token has no row of its own, so each is given one more.
struct tree {
    tokens trunk;
    std::vector<tokens> branches;
};

inline packed_trees packed(const std::vector<tree>& trees) {
    std::vector<token_group> groups;
    for (const tree& t : trees) {
        token_group& group = groups.emplace_back();
        group.trunk = t.trunk;
        for (const tokens& branch : t.branches) group.branches.emplace_back(branch);
    }
    return pack_groups(std::span<const token_group>{groups}).batch;
}

/// The hidden states of a row that is made of these trees, [T, D].
template <class Model>
at::Tensor hidden(const Model& model, const std::vector<tree>& trees) {
    const at::NoGradGuard no_gradients;
    return model.hidden(packed(trees)).detach().to(at::kDouble);
}

inline tree first_tree() { return {{1, 4, 2, 5}, {{3, 6, 1, 0}, {2, 7, 0}}}; }
inline tree second_tree() { return {{6, 3}, {{5, 5, 4, 1, 0}}}; }

}  // namespace detail

/// A row of width D for each token, where the head is [V, D].
template <class Case>
std::string gives_a_state_for_each_token() {
    const auto model = Case::make();
    const at::Tensor states = detail::hidden(model, {detail::first_tree()});
    const std::int64_t width = model.head().weight.size(1), count = detail::packed({detail::first_tree()}).ids.size(0);
    if (states.dim() != 2 || states.size(0) != count || states.size(1) != width)
        return sentence("gives states of shape ", states.sizes(), " for ", count, " tokens and a head of width ",
                        width);
    return {};
}

/// A tree's states do not depend on what else is in the row.
template <class Case>
std::string does_not_see_other_trees() {
    const auto model = Case::make();
    const at::Tensor together = detail::hidden(model, {detail::second_tree(), detail::first_tree()});
    const std::int64_t first = detail::packed({detail::second_tree()}).ids.size(0),
                       count = detail::packed({detail::first_tree()}).ids.size(0);
    const at::Tensor alone = detail::hidden(model, {detail::first_tree()}).narrow(0, 0, count);
    const auto off = detail::allowed<Case>().excess(together.narrow(0, first, count), alone);
    return off.empty() ? off : "a tree's states change when another stands before it: " + off;
}

/// A completion's states do not depend on the others of its group.
template <class Case>
std::string does_not_see_other_branches() {
    const auto model = Case::make();
    const detail::tree both = detail::first_tree();
    const detail::tree own{both.trunk, {both.branches[1]}};
    const std::int64_t trunk = std::ssize(both.trunk), first = std::ssize(both.branches[0]) - 1,
                       second = std::ssize(both.branches[1]) - 1;
    const auto off = detail::allowed<Case>().excess(detail::hidden(model, {both}).narrow(0, trunk + first, second),
                                                    detail::hidden(model, {own}).narrow(0, trunk, second));
    return off.empty() ? off : "a completion's states change with another completion beside it: " + off;
}

/// A state does not depend on the tokens after it: it is what predicts them.
template <class Case>
std::string does_not_see_later_tokens() {
    const auto model = Case::make();
    detail::tree changed = detail::first_tree();
    changed.branches[0][2] = 7;
    const std::int64_t before = std::ssize(changed.trunk) + 2;
    const auto off = detail::allowed<Case>().excess(detail::hidden(model, {changed}).narrow(0, 0, before),
                                                    detail::hidden(model, {detail::first_tree()}).narrow(0, 0, before));
    return off.empty() ? off : "a state changes with a token that follows it: " + off;
}

/// Every weight has a part in the states or the head, and gets a gradient.
template <class Case>
std::string trains_every_weight() {
    const auto model = Case::make();
    const parameters& weights = model.weights();
    weights.zero_gradients();
    const at::Tensor states = model.hidden(detail::packed({detail::first_tree(), detail::second_tree()}));
    const at::Tensor logits = states.to(at::kFloat).matmul(model.head().weight.to(at::kFloat).t());
    torch::autograd::backward({logits.square().sum()}, {});
    for (std::size_t i = 0; i < weights.size(); ++i)
        if (weights[i].grad().abs().max().template item<double>() == 0)
            return "the weight \"" + weights.at(i).name + "\" gets no gradient";
    return {};
}

/// Decoding token by token gives the states that the whole text gives: the sampler and the trainer see one model.
template <class Case>
std::string decodes_as_it_reads() {
    const auto model = Case::make();
    if constexpr (decoding_model<std::remove_const_t<decltype(model)>>) {
        const at::NoGradGuard no_gradients;
        const std::vector<detail::tokens> prompts{{1, 4, 2, 5}, {6, 3}};
        const std::vector<detail::tokens> steps{{3, 5}, {6, 5}, {1, 4}};  // a token for each prompt
        auto session = model.open_session(std::span<const detail::tokens>{prompts}, 1);
        std::vector<detail::tokens> texts = prompts;
        for (std::size_t n = 0; n <= steps.size(); ++n) {
            const at::Tensor states = session.hidden().detach().to(at::kDouble);
            for (std::size_t i = 0; i < texts.size(); ++i) {
                const at::Tensor read = detail::hidden(model, {{texts[i], {}}});
                const auto off = detail::allowed<Case>().excess(states[static_cast<std::int64_t>(i)],
                                                                read[std::ssize(texts[i]) - 1]);
                if (!off.empty())
                    return sentence("after ", n, " decoded tokens the state is another than when read: ", off);
            }
            if (n == steps.size()) break;
            session.advance(std::span<const token_id>{steps[n]});
            for (std::size_t i = 0; i < texts.size(); ++i) texts[i].push_back(steps[n][i]);
        }
    }
    return {};
}

/// `keep` keeps the named completions, in order, and the others leave no trace.
template <class Case>
std::string keeps_what_is_named() {
    const auto model = Case::make();
    if constexpr (decoding_model<std::remove_const_t<decltype(model)>>) {
        const at::NoGradGuard no_gradients;
        const std::vector<detail::tokens> prompts{{1, 4, 2, 5}, {6, 3}, {2, 2, 7}};
        auto all = model.open_session(std::span<const detail::tokens>{prompts}, 1);
        const std::vector<token_id> first{3, 5, 1}, later{6, 4};
        all.advance(std::span<const token_id>{first});
        const std::vector<std::int64_t> rows{1, 2};
        all.keep(std::span<const std::int64_t>{rows});
        if (all.rows() != 2)
            return sentence("of 3 completions it keeps ", all.rows(), " instead of the 2 that were named");
        all.advance(std::span<const token_id>{later});
        const std::vector<detail::tokens> texts{{6, 3, 5, 6}, {2, 2, 7, 1, 4}};
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const at::Tensor read = detail::hidden(model, {{texts[i], {}}});
            const auto off = detail::allowed<Case>().excess(
                all.hidden().detach().to(at::kDouble)[static_cast<std::int64_t>(i)], read[std::ssize(texts[i]) - 1]);
            if (!off.empty()) return sentence("a completion that was kept goes on as another: ", off);
        }
    }
    return {};
}

/// All of them.
template <class Case>
constexpr std::array<law, 7> all() {
    return {{{"gives_a_state_for_each_token", gives_a_state_for_each_token<Case>},
             {"does_not_see_other_trees", does_not_see_other_trees<Case>},
             {"does_not_see_other_branches", does_not_see_other_branches<Case>},
             {"does_not_see_later_tokens", does_not_see_later_tokens<Case>},
             {"trains_every_weight", trains_every_weight<Case>},
             {"decodes_as_it_reads", decodes_as_it_reads<Case>},
             {"keeps_what_is_named", keeps_what_is_named<Case>}}};
}

}  // namespace aha::testing::language_model_laws
