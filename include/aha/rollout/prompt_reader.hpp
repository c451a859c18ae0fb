#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <aha/concepts/prompt_source.hpp>
#include <aha/core/error.hpp>
#include <aha/core/overlong.hpp>
#include <aha/core/records.hpp>
#include <aha/core/state.hpp>
#include <aha/data/render_messages.hpp>
#include <aha/rollout/source.hpp>
#include <aha/rollout/token_limits.hpp>
#include <aha/text/text_tokens.hpp>

namespace aha {

/// How long a prompt may be.
struct prompt_limits {
    overlong long_prompts = overlong::refuse;  ///< what becomes of a longer one; cut: it keeps its end
    std::int64_t max_tokens = 0;  ///< most tokens of a prompt; 0: as many as leave room in the model's context for a
                                  ///< token, and where prompts are cut for a completion of the full length
    bool operator==(const prompt_limits&) const = default;

    void validate() const { require(max_tokens >= 0, "max_tokens must be 0 (the context) or more, not ", max_tokens); }
};

/// Gives prompts their tokens, messages by way of the source's chat template, and applies limits to their length, with
/// counts.
template <class Source>
class prompt_fitter {
public:
    /// @param source model that reads the prompts, by reference
    /// @param completion_tokens what a completion may have, for the room that a cut leaves
    prompt_fitter(const Source& source, const prompt_limits& limits, std::int64_t completion_tokens)
        : source_{&source}, limits_{limits} {
        limits_.validate();
        const detail::token_limits model = detail::limits_of(model_of(source));
        vocabulary_ = model.vocabulary;
        const std::int64_t context = model.context > 0 ? model.context : std::numeric_limits<std::int64_t>::max();
        const std::int64_t room = std::max<std::int64_t>(1, context - std::max<std::int64_t>(1, completion_tokens));
        most_ = std::min(limits.max_tokens > 0 ? limits.max_tokens : context - 1, context - 1);
        kept_ = limits.max_tokens > 0 ? most_ : room;
    }

    /// The prompt with its tokens, cut if need be; nothing if it is left out.
    /// @param where how a message about it begins: "FILE:LINE: ", or nothing
    /// Throws `aha::error` for a prompt that is empty, has tokens that are none of the model's vocabulary, or is too
    /// long and not to be cut or dropped.
    std::optional<prompt> operator()(prompt p, const std::string& where = "") {
        p = render_messages(*source_, std::move(p), where);
        const bool given = !p.ids.empty();
        if (!given) p.ids = tokens(p, where);
        if (const auto wrong = detail::outside_vocabulary(p.ids, vocabulary_))
            fail(where, given ? "the prompt source" : "the tokenizer", " gave token ", p.ids[*wrong], " at place ",
                 *wrong, " of prompt ", p.index, "; the model's vocabulary has ", vocabulary_, " tokens, from 0");
        if (std::ssize(p.ids) <= most_) return p;
        if (limits_.long_prompts == overlong::drop) {
            ++dropped_;
            return std::nullopt;
        }
        const std::string name = where.empty() ? "prompt " + std::to_string(p.index) : where + "the prompt";
        require(limits_.long_prompts == overlong::cut, name, " has ", p.ids.size(), " tokens, more than the ", most_,
                " that ", limits_.max_tokens > 0 ? "are allowed" : "leave room in the model's context",
                ": shorten it, or drop or cut long prompts");
        ++cut_;
        p.ids.erase(p.ids.begin(), p.ids.end() - std::min<std::ptrdiff_t>(kept_, std::ssize(p.ids)));
        return p;
    }

    /// Whether the prompt will not be left out, without counting it. Throws as the call does.
    /// @param where how a message about it begins
    bool admits(const prompt& p, const std::string& where) const {
        // No tokenizer makes more tokens of a text than this, not even by normalizing it: most rows need no look.
        constexpr std::int64_t most_per_byte = 12, frame = 64;
        if (p.ids.empty() && !p.text.empty() && std::ssize(p.text) * most_per_byte + frame < most_) return true;
        prompt_fitter trial = *this;
        return trial(p, where).has_value();
    }

    std::int64_t dropped() const { return dropped_; }  ///< prompts left out so far
    std::int64_t cut() const { return cut_; }          ///< prompts cut so far

private:
    std::vector<token_id> tokens(const prompt& p, const std::string& where) const {
        require(where.empty() || !p.text.empty(), where, "the prompt is empty");
        return tokens_of(*source_, p);
    }

    const Source* source_;
    prompt_limits limits_;
    std::int64_t most_ = 0, kept_ = 0, vocabulary_ = 0;
    std::int64_t dropped_ = 0, cut_ = 0;
};

/// Whether a prompt source lets all its prompts be looked at before the first is given: `screen(admits)` calls
/// `admits(prompt, where)` for each, leaves out those for which it is false, and gives their number.
template <class T>
concept prompt_source_can_be_screened =
    requires(T& t, const std::function<bool(const prompt&, const std::string&)>& admits) {
        { t.screen(admits) } -> std::convertible_to<std::int64_t>;
    };

namespace detail {

/// Tells the prompts of a step that have the same `index` apart by `repeat`.
class repeat_counter {
public:
    /// The prompt with its `repeat`: how many with its index came before it.
    prompt number(prompt p) {
        p.repeat = times_[p.index]++;
        return p;
    }

    void clear() { times_.clear(); }

private:
    std::map<std::int64_t, std::uint64_t> times_;  // how often each index came
};

/// Tokens that a sampler's completions may have; 1 if it does not say.
template <class Sampler>
std::int64_t completion_tokens(const Sampler& sampler) {
    if constexpr (requires { std::int64_t{sampler.options().max_new_tokens}; }) return sampler.options().max_new_tokens;
    else return 1;
}

}  // namespace detail

/// What a trainer draws its questions from: a prompt source whose prompts have tokens and are short enough. A source
/// that can be is screened when this is made, so that a prompt that is too long is found, by file and line, before
/// anything is trained.
template <class Source, class Prompts>
class prompt_reader {
public:
    /// Screens the prompts where the source can be; the limits are `prompt_fitter`'s.
    /// Throws `aha::error` with file and line for a prompt that is too long and not to be cut or dropped.
    prompt_reader(const Source& source, Prompts prompts, const prompt_limits& limits, std::int64_t completion_tokens)
        : prompts_{std::move(prompts)}, fit_{source, limits, completion_tokens} {
        if constexpr (prompt_source_can_be_screened<Prompts> && requires { source.tokenizer; })
            screened_out_ =
                prompts_.screen([this](const prompt& p, const std::string& where) { return fit_.admits(p, where); });
    }

    /// The next questions, fewer if the prompts run out. Those of a step that have the same `index` are told apart by
    /// `repeat`. Throws `aha::error` for one that is too long and not to be cut or dropped, and where a source gives
    /// nothing but such ones.
    /// @param same_step they come to those drawn last, for the same step
    std::vector<prompt> draw(std::int64_t count, bool same_step = false) {
        if (!same_step) repeats_.clear();
        constexpr std::int64_t most_in_a_row = 100'000;
        std::vector<prompt> questions;
        for (std::int64_t in_a_row = 0; std::ssize(questions) < count;) {
            std::optional<prompt> next = prompts_.next();
            if (!next) break;
            if (std::optional<prompt> fitted = fit_(std::move(*next))) {
                questions.push_back(repeats_.number(std::move(*fitted)));
                in_a_row = 0;
            } else {
                require(++in_a_row < most_in_a_row, most_in_a_row, " prompts in a row were too long and left out");
            }
        }
        return questions;
    }

    /// Tells the source the scores of the prompts that it gave, if it wants to hear them.
    void hear(std::span<const rollout_group> groups) {
        if constexpr (prompt_source_hears_scores<Prompts>) prompts_.hear(groups);
    }

    std::int64_t dropped() const { return screened_out_ + fit_.dropped(); }  ///< prompts left out
    std::int64_t cut() const { return fit_.cut(); }                          ///< prompts cut so far

    state save() const { return prompts_.save(); }
    void load(const state& s) { prompts_.load(s); }

    /// Where the reader is, counts included: what a step that fails goes back to.
    struct place {
        state prompts;              ///< of the source
        prompt_fitter<Source> fit;  ///< with what it counted
    };
    /// The place now.
    place where() const { return {prompts_.save(), fit_}; }
    /// Goes back to a place of this reader.
    void go_back(const place& before) {
        prompts_.load(before.prompts);
        fit_ = before.fit;
    }

private:
    Prompts prompts_;
    prompt_fitter<Source> fit_;
    std::int64_t screened_out_ = 0;
    detail::repeat_counter repeats_;  // of the step
};

}  // namespace aha
