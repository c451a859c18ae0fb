#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/group_reward.hpp>
#include <aha/concepts/tokenizer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/records.hpp>
#include <aha/data/completion_example.hpp>
#include <aha/model/pack.hpp>
#include <aha/model/shared_prefixes.hpp>
#include <aha/reward/chain_of_thought.hpp>
#include <aha/reward/trimmed.hpp>
#include <aha/rollout/source.hpp>
#include <aha/text/text_tokens.hpp>

namespace aha {

/// What of a completion a reward model reads after the prompt.
enum class scored_part {
    whole_response,  ///< all of its text, thoughts included: R1's safety
    summary,         ///< its `final_summary`: R1's helpfulness, so that what helps is not the thinking
};

/// How a reward model judges.
struct model_reward_options {
    scored_part part = scored_part::whole_response;  ///< what of a completion is scored
    std::optional<double> without_summary{};  ///< the score of a completion without a summary, where one is read;
                                              ///< empty: the lowest of the other completions of its prompt
    double mean = 0;       ///< of the model's scores; a score is given as (score - mean) / deviation, to be added to
    double deviation = 1;  ///< rewards of another scale
    std::int64_t microbatch_tokens = 8192;                    ///< most tokens in one forward pass; a memory limit
    std::function<std::string(const prompt&)> prompt_text{};  ///< the prompt as the reward model is to read it, called
                                                              ///< by several threads at once; empty: its text, which
                                                              ///< before a summary loses a `<think>` at its end

    /// Throws `aha::error` naming the first value that makes no sense.
    void validate() const {
        require(!without_summary || std::isfinite(*without_summary), "without_summary must be finite, not ",
                without_summary.value_or(0));
        require(std::isfinite(mean), "mean must be finite, not ", mean);
        require(deviation > 0 && std::isfinite(deviation), "deviation must be positive, not ", deviation);
        require(microbatch_tokens > 0, "microbatch_tokens must be positive, not ", microbatch_tokens);
    }
};

/// What a reward model says of completions: a `group_reward` that reads prompt and completion with the reward model's
/// own tokenizer, as `completion_example` writes them, in one packed row that computes the prompt once. DeepSeek-R1,
/// Methods: of the summary alone for helpfulness, of the whole response for safety.
///
/// The end token is always read last, also after a truncated completion: a reward model learned to judge at it alone.
/// Copies share the model. Several threads may ask; they take turns, as a forward pass uses all cores by itself.
///
/// @tparam Source a `pretrained` `reward_model`, or anything with a `tokenizer` and such a `model`
template <class Source>
class model_reward {
    static_assert(require_tokenizer<std::remove_cvref_t<decltype(std::declval<Source&>().tokenizer)>>());
    static_assert(
        requires(const model_of_t<Source>& m, const packed_texts& t) { m.scores(t); },
        "aha: a model_reward asks a model that gives texts one number each; wrap a language model: "
        "aha::reward_model{std::move(model)}");

public:
    /// Throws `aha::error` for options that make no sense, and a tokenizer without an end token.
    explicit model_reward(std::shared_ptr<const Source> judge, model_reward_options options = {})
        : judge_{std::move(judge)}, turn_{std::make_shared<std::mutex>()}, options_{std::move(options)} {
        options_.validate();
        require(judge_ != nullptr, "a model_reward needs a reward model");
        require(!std::ranges::empty(judge_->tokenizer.end_ids()),
                "the reward model's tokenizer has no end token, so it does not know where to judge");
    }

    /// Scores with `judge`.
    explicit model_reward(Source judge, model_reward_options options = {})
        : model_reward{std::make_shared<const Source>(std::move(judge)), std::move(options)} {}

    const model_reward_options& options() const { return options_; }

    /// The scores, [G]. A completion without a summary, where one is asked for, gets `without_summary`, or the lowest
    /// score of the others; where all lack one the scores are not applicable.
    /// Throws `aha::error` for a text that is longer than the model's context.
    std::vector<score> operator()(const prompt& asked, std::span<const completion> given) const {
        std::vector<std::size_t> judged;
        std::vector<std::string_view> parts;
        const bool thinks = ends_with_think(asked.text);
        for (std::size_t i = 0; i < given.size(); ++i) {
            const auto part = options_.part == scored_part::summary ? final_summary(given[i].text, thinks)
                                                                    : std::optional<std::string_view>{given[i].text};
            if (!part) continue;
            judged.push_back(i);
            parts.push_back(*part);
        }
        const std::vector<double> values = scores_of(asked, parts);
        std::optional<double> otherwise = options_.without_summary;
        if (!otherwise && !values.empty()) otherwise = *std::ranges::min_element(values);
        std::vector<score> scores(given.size(), otherwise ? score{*otherwise} : score::not_applicable());
        for (std::size_t i = 0; i < judged.size(); ++i) scores[judged[i]] = values[i];
        return scores;
    }

private:
    static constexpr std::string_view think = "<think>";

    static bool ends_with_think(std::string_view text) { return detail::trimmed(text).ends_with(think); }

    /// The prompt as the reward model reads it. What it judges follows no open thought.
    std::vector<token_id> prompt_ids(const prompt& asked) const {
        prompt read;
        read.index = asked.index;
        read.templated = asked.templated && !options_.prompt_text;
        if (options_.prompt_text) read.text = options_.prompt_text(asked);
        else if (options_.part == scored_part::summary && ends_with_think(asked.text))
            read.text = asked.text.substr(0, asked.text.rfind(think));
        else read.text = asked.text;
        return tokens_of(*judge_, read);
    }

    std::vector<double> scores_of(const prompt& asked, std::span<const std::string_view> parts) const {
        if (parts.empty()) return {};
        const std::vector<token_id> before = prompt_ids(asked);
        std::vector<std::vector<token_id>> texts;
        for (const std::string_view part : parts) {
            std::vector<token_id>& ids = texts.emplace_back(before);
            const std::vector<token_id> said = with_end_token(judge_->tokenizer, judge_->tokenizer.encode(part));
            ids.insert(ids.end(), said.begin(), said.end());
            check_length(asked, ids.size());
        }
        std::vector<double> values;
        for (std::size_t from = 0, to = 0; from < texts.size(); from = to) {
            text_group group;
            for (std::int64_t used = 0; to < texts.size(); ++to) {
                used += std::ssize(texts[to]);
                if (to > from) used -= shared_prefixes::worth(texts[to - 1], texts[to]);
                if (used > options_.microbatch_tokens && to > from) break;
                group.emplace_back(texts[to]);
            }
            const at::Tensor raw = forward(group);
            for (std::int64_t i = 0; i < raw.numel(); ++i)
                values.push_back((raw.template const_data_ptr<float>()[i] - options_.mean) / options_.deviation);
        }
        return values;
    }

    /// @return [S] float32 on the CPU
    at::Tensor forward(const text_group& group) const {
        const auto& model = model_of(*judge_);
        const std::lock_guard turn{*turn_};
        const at::NoGradGuard no_gradients;
        return model.scores(pack_texts({&group, 1}, packing_for(model))).to(at::kCPU, at::kFloat).contiguous();
    }

    void check_length(const prompt& asked, std::size_t tokens) const {
        if constexpr (requires { model_of(*judge_).context(); })
            require(std::cmp_less_equal(tokens, model_of(*judge_).context()), "an answer to prompt ", asked.index,
                    " has ", tokens, " tokens with its prompt, more than the reward model's context of ",
                    model_of(*judge_).context());
    }

    std::shared_ptr<const Source> judge_;
    std::shared_ptr<std::mutex> turn_;  ///< of copies too
    model_reward_options options_;
};

template <class Source>
model_reward(std::shared_ptr<Source>, model_reward_options = {}) -> model_reward<std::remove_const_t<Source>>;
template <class Source>
model_reward(Source, model_reward_options = {}) -> model_reward<Source>;

}  // namespace aha
