#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <aha/concepts/decoding_model.hpp>
#include <aha/concepts/tokenizer.hpp>
#include <aha/core/error.hpp>
#include <aha/core/json.hpp>
#include <aha/core/message.hpp>
#include <aha/core/records.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/rollout/prompt_reader.hpp>
#include <aha/rollout/sampling_options.hpp>
#include <aha/rollout/source.hpp>

namespace aha {

/// How a `model_judge` answers.
struct model_judge_options {
    sampling_options sampling{.temperature = 0, .max_new_tokens = 1024};  ///< greedy
    std::uint64_t seed = 0;                                               ///< of the draws, where it is not
    json variables = json::object();  ///< what its chat template is given besides messages: {"enable_thinking": false}
    std::int64_t max_rows = 64;       ///< answers decoded side by side
};

/// A `judge` in this process: a model with its tokenizer and its chat template answers by the library's own sampler.
///
/// Several threads may ask. One of them decodes, for itself and for all who have asked by then; who asks meanwhile
/// waits for the next batch. An answer depends on messages, vote and seed and not on the batch, as far as the model's
/// arithmetic does not. Copies share the model and the turns.
///
/// @tparam Source a `pretrained` model, or anything with a decoding model, a tokenizer and the place of a chat template
template <class Source>
class model_judge {
    static_assert(require_tokenizer<std::remove_cvref_t<decltype(std::declval<Source&>().tokenizer)>>());
    static_assert(require_decoding_model<model_of_t<Source>>());

public:
    /// Throws `aha::error` for options that make no sense, and a model without a chat template.
    explicit model_judge(std::shared_ptr<const Source> source, model_judge_options options = {})
        : turns_{std::make_shared<turns>(std::move(source), std::move(options))} {}

    /// Answers with `source`.
    explicit model_judge(Source source, model_judge_options options = {})
        : model_judge{std::make_shared<const Source>(std::move(source)), std::move(options)} {}

    /// The text that the model answers, without special tokens. Throws `aha::error` for messages that its template
    /// refuses or that leave no room in its context.
    std::string operator()(std::span<const message> messages, std::uint64_t vote = 0) const {
        return turns_->answer(turns_->question(messages, vote));
    }

    const model_judge_options& options() const { return turns_->options; }  ///< as given

private:
    using sampler = autoregressive_sampler<std::remove_cvref_t<decltype(std::declval<Source&>().tokenizer)>>;

    /// A question whose thread waits.
    struct waiting {
        prompt asked;
        std::string said{};
        std::exception_ptr failure{};
        bool done = false;
    };

    struct turns {
        turns(std::shared_ptr<const Source> given, model_judge_options how)
            : source{checked(std::move(given))},
              options{std::move(how)},
              draw{source->tokenizer, options.sampling, options.max_rows} {
            require(options.variables.is_object(), "variables must be an object, not ", options.variables.dump());
        }

        static std::shared_ptr<const Source> checked(std::shared_ptr<const Source> given) {
            require(given != nullptr, "a model_judge needs a model");
            require(static_cast<bool>(given->chat), "a model_judge needs a model with a chat template");
            return given;
        }

        /// The messages as tokens. Its place among all draws comes from what it says, so that no batch matters.
        prompt question(std::span<const message> messages, std::uint64_t vote) const {
            prompt p;
            p.messages = json::array();
            for (const message& one : messages) p.messages.push_back(to_json(one));
            if (!options.variables.empty()) p.fields["chat_template_kwargs"] = options.variables;
            prompt_fitter fit{*source, {}, options.sampling.max_new_tokens};
            p = *fit(std::move(p), "the messages to the judge: ");
            p.index = static_cast<std::int64_t>(number_of(p.ids));
            p.repeat = vote;
            return p;
        }

        /// 40 bits that depend on all tokens (FNV-1a), since `random_place` has the vote above them.
        static std::uint64_t number_of(const std::vector<token_id>& ids) {
            std::uint64_t hash = 0xcbf29ce484222325ULL;
            for (const token_id id : ids) hash = (hash ^ static_cast<std::uint64_t>(id)) * 0x100000001b3ULL;
            return (hash ^ hash >> 40U) & ((std::uint64_t{1} << 40U) - 1);
        }

        std::string answer(prompt asked) {
            waiting mine{.asked = std::move(asked)};
            std::unique_lock lock{guard};
            queue.push_back(&mine);
            while (!mine.done) {
                if (decoding) {
                    changed.wait(lock);
                    continue;
                }
                const std::vector<waiting*> batch = std::exchange(queue, {});
                decoding = true;
                lock.unlock();
                decode(batch);
                lock.lock();
                for (waiting* one : batch) one->done = true;
                decoding = false;
                changed.notify_all();
            }
            if (mine.failure) std::rethrow_exception(mine.failure);
            return std::move(mine.said);
        }

        void decode(const std::vector<waiting*>& batch) const {
            try {
                std::vector<prompt> prompts;
                for (waiting* one : batch) prompts.push_back(one->asked);
                std::vector<rollout_group> groups = draw.sample(model_of(*source), prompts, 1, {.seed = options.seed});
                for (std::size_t i = 0; i < batch.size(); ++i)
                    batch[i]->said = std::move(groups[i].completions.front().text);
            } catch (...) {
                for (waiting* one : batch) one->failure = std::current_exception();
            }
        }

        std::shared_ptr<const Source> source;
        model_judge_options options;
        sampler draw;
        std::mutex guard;
        std::condition_variable changed;
        std::vector<waiting*> queue;
        bool decoding = false;
    };

    std::shared_ptr<turns> turns_;
};

template <class Source>
model_judge(std::shared_ptr<Source>, model_judge_options = {}) -> model_judge<std::remove_const_t<Source>>;
template <class Source>
model_judge(Source, model_judge_options = {}) -> model_judge<Source>;

}  // namespace aha
