#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/index_select.h>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <aha/concepts/decoding_model.hpp>
#include <aha/concepts/environment.hpp>
#include <aha/core/error.hpp>
#include <aha/core/random.hpp>
#include <aha/core/records.hpp>
#include <aha/kernels/to_device.hpp>
#include <aha/rollout/autoregressive_sampler.hpp>
#include <aha/rollout/completion_end.hpp>
#include <aha/rollout/draw_rows.hpp>
#include <aha/rollout/environment/answer_pool.hpp>
#include <aha/rollout/environment/plain_turns.hpp>
#include <aha/rollout/environment/turn_options.hpp>
#include <aha/rollout/sampling_options.hpp>

namespace aha {

/// Samples completions in which the policy speaks with an environment in turns. The history of a dialogue stays in the
/// decoding session and is never computed again, and its tokens are never decoded and encoded again: what was sampled
/// is what is trained. Environments are called on threads of their own while other completions are decoded. Draws
/// depend on (seed, step, prompt, place in the group, place in the completion) alone.
/// @tparam Format how an answer becomes tokens: `plain_turns`, `chat_turns`
template <class Tokenizer, class Environment, class Format = plain_turns>
class turn_sampler {
    static_assert(require_environment<Environment>());

public:
    /// @param options of a turn's tokens
    /// @param max_rows completions decoded side by side; others begin as these end
    turn_sampler(Tokenizer tokenizer, Environment environment, sampling_options options = {}, turn_options turns = {},
                 Format format = {}, std::int64_t max_rows = 256)
        : tokenizer_{std::move(tokenizer)},
          environment_{std::make_shared<const Environment>(std::move(environment))},
          options_{std::move(options)},
          turns_{turns},
          format_{std::move(format)},
          max_rows_{max_rows} {
        options_.validate();
        turns_.validate();
        require(max_rows > 0, "max_rows must be positive, not ", max_rows);
        end_ = detail::completion_end{tokenizer_, options_};
    }

    const sampling_options& options() const { return options_; }  ///< of a turn's tokens
    const turn_options& turns() const { return turns_; }          ///< of the dialogue
    /// The tokenizer that it decodes with.
    const Tokenizer& tokenizer() const { return tokenizer_; }

    /// `group_size` completions of each prompt (their `ids` filled), with their `turns`. Throws `aha::error` for a
    /// prompt without tokens or one that leaves no room in the model's context, and, unless `turn_options` say
    /// otherwise, for an environment that fails, naming prompt and sample.
    /// @param done called with each group as soon as its last completion has ended, while others are decoded
    template <class Model>
    std::vector<rollout_group> sample(const Model& model, std::span<const prompt> prompts, std::int64_t group_size,
                                      const random_key& key, const group_notice& done = {}) const {
        static_assert(session_appends<typename Model::session>,
                      "aha: turns need a decoding session that goes on after texts; write in it: void append("
                      "std::span<const std::int64_t> rows, std::span<const std::vector<aha::token_id>> texts);");
        require(group_size > 0, "group_size must be positive, not ", group_size);
        std::vector<rollout_group> groups;
        for (const prompt& p : prompts) {
            require(!p.ids.empty(), "prompt ", p.index, " has no tokens");
            require(std::ssize(p.ids) < model.context(), "prompt ", p.index, " has ", p.ids.size(),
                    " tokens, which leaves no room in the model's context of ", model.context());
            groups.push_back({p, std::vector<completion>(static_cast<std::size_t>(group_size)), {}, {}});
        }
        dialogues<Model> all{*this, model, groups, group_size, key, done};
        while (all.step()) {
        }
        return groups;
    }

private:
    using episode = episode_of<Environment>;

    /// A completion on its way.
    struct row {
        rollout_group* group;
        completion* target;
        std::size_t sample;
        random_stream stream;
        std::int64_t room;                  // tokens it may have
        std::shared_ptr<std::size_t> left;  // completions of its group that have not ended
        std::shared_ptr<episode> talk;      // shared with a call that is left behind
        completion turn{};                  // its tokens and why it ended
        std::vector<environment_answer> answers{};
        std::vector<token_id> pending{};    // tokens that the session has not read
        std::optional<std::size_t> call{};  // of the environment, under way
        bool over = false;
    };

    template <class Model>
    class dialogues {
    public:
        dialogues(const turn_sampler& sampler, const Model& model, std::vector<rollout_group>& groups,
                  std::int64_t group_size, const random_key& key, const group_notice& done)
            : sampler_{sampler},
              model_{model},
              waiting_{groups},
              group_size_{group_size},
              key_{key},
              done_{done},
              pool_{sampler.turns_.threads > 0 ? static_cast<std::size_t>(sampler.turns_.threads)
                                               : std::max(1U, std::thread::hardware_concurrency()),
                    sampler.turns_.deadline_seconds} {}

        /// Reads answers, computes what is pending and draws the next token of each completion that is to speak; false
        /// once all have ended.
        bool step() {
            const at::NoGradGuard no_gradients;
            hear();
            drop_ended();
            if (!admit()) return false;
            read_pending();
            speak();
            return true;
        }

    private:
        /// The session and what it was opened for.
        struct open_session {
            typename Model::session session;
            open_session(const Model& model, std::span<const std::vector<token_id>> prompts, std::int64_t copies)
                : session(model.open_session(prompts, copies)) {}
        };

        /// Takes the environment's answers that are there; waits for one if nobody can speak otherwise.
        void hear() {
            std::size_t asked = 0;
            for (const auto& one : rows_) asked += one->call ? 1 : 0;
            if (asked == 0) return;
            const bool all_wait = asked == rows_.size() && !fits();
            pool_.wait(sampler_.turns_.patience_seconds);
            if (all_wait) pool_.wait(-1);
            for (const auto& one : rows_) {
                if (!one->call) continue;
                std::optional<detail::answer_outcome> outcome = pool_.take(*one->call);
                if (!outcome) continue;
                one->call.reset();
                if (!outcome->failure.empty()) fail_row(*one, outcome->failure);
                else heard(*one, std::move(outcome->answer));
            }
        }

        void fail_row(row& r, const std::string& why) const {
            require(!sampler_.turns_.stop_at_failure, "prompt ", r.group->prompt.index, ", sample ", r.sample, ": ",
                    why);
            r.target->finish = finish_reason::failed;
            r.over = true;
        }

        void heard(row& r, environment_answer answer) const {
            turn& last = r.target->turns.back();
            require(std::isfinite(answer.reward), "prompt ", r.group->prompt.index, ", sample ", r.sample,
                    ": the environment gave a reward of ", answer.reward);
            last.reward = answer.reward;
            last.heard = answer.messages.is_null()
                             ? answer.text
                             : answer.messages.dump(-1, ' ', false, json::error_handler_t::replace);
            r.over = answer.over;
            if (r.over) return;
            if (std::ssize(r.target->turns) >= sampler_.turns_.max_turns) return cut(r);
            r.answers.push_back(std::move(answer));
            const std::vector<token_id> more = sampler_.format_(sampler_.tokenizer_, r.group->prompt, *r.target,
                                                                std::span<const environment_answer>{r.answers});
            if (std::ssize(r.target->ids) + std::ssize(more) >= r.room) return cut(r);
            r.pending.insert(r.pending.end(), more.begin(), more.end());
            r.target->ids.insert(r.target->ids.end(), more.begin(), more.end());
            for (std::vector<float>* values :
                 {&r.target->log_probs, &r.target->behavior_log_probs, &r.target->entropies})
                values->resize(r.target->ids.size(), 0.0F);
            begin_turn(r);
        }

        static void cut(row& r) {
            r.target->finish = finish_reason::length;
            r.over = true;
        }

        static void begin_turn(row& r) {
            r.turn = {};
            r.target->turns.push_back({.begin = std::ssize(r.target->ids)});
        }

        void drop_ended() {
            std::vector<std::int64_t> running;
            std::deque<std::unique_ptr<row>> kept;
            for (std::size_t n = 0; n < rows_.size(); ++n) {
                if (!rows_[n]->over) {
                    running.push_back(static_cast<std::int64_t>(n));
                    kept.push_back(std::move(rows_[n]));
                    continue;
                }
                row& r = *rows_[n];
                for (std::size_t t = 0; t < r.target->turns.size(); ++t)
                    r.target->text += (t > 0 ? "\n" : "") + r.target->turns[t].said;
                if (--*r.left == 0 && done_) done_(*r.group);
            }
            if (kept.size() == rows_.size()) {
                rows_ = std::move(kept);
                return;
            }
            rows_ = std::move(kept);
            if (rows_.empty()) open_.reset();
            else open_->session.keep(running);
        }

        bool fits() const {
            const bool can_add = !open_ || session_admits<typename Model::session>;
            return can_add && !waiting_.empty() && std::ssize(rows_) + group_size_ <= sampler_.max_rows_;
        }

        /// Begins further groups where there is room; false if there is nothing left to do.
        bool admit() {
            std::vector<std::vector<token_id>> prompts;
            while (fits() || (rows_.empty() && !waiting_.empty())) {
                prompts.push_back(waiting_.front().prompt.ids);
                append_rows(waiting_.front());
                waiting_ = waiting_.subspan(1);
            }
            if (!prompts.empty()) {
                if (!open_) open_.emplace(model_, prompts, group_size_);
                else if constexpr (session_admits<typename Model::session>) open_->session.admit(prompts, group_size_);
            }
            return !rows_.empty();
        }

        /// An episode where it is made: it need not be one that can be moved.
        std::shared_ptr<episode> started(const prompt& asked, const random_stream& random) const {
            try {
                return std::shared_ptr<episode>(new episode(sampler_.environment_->start(asked, random)));
            } catch (const std::exception& thrown) {
                fail("prompt ", asked.index, ": the environment cannot start: ", thrown.what());
            }
        }

        void append_rows(rollout_group& group) {
            const std::int64_t context = model_.context() - std::ssize(group.prompt.ids);
            const std::int64_t most = sampler_.turns_.max_tokens > 0 ? sampler_.turns_.max_tokens : context;
            const auto left = std::make_shared<std::size_t>(group.completions.size());
            for (std::size_t s = 0; s < group.completions.size(); ++s) {
                const random_key own{key_.seed, key_.step, group.prompt.random_place(), s};
                // The environment's draws are another stream than the policy's.
                const random_stream random{{key_.seed ^ environments, key_.step, group.prompt.random_place(), s}};
                rows_.push_back(std::make_unique<row>(row{.group = &group,
                                                          .target = &group.completions[s],
                                                          .sample = s,
                                                          .stream = random_stream{own},
                                                          .room = std::min(most, context),
                                                          .left = left,
                                                          .talk = started(group.prompt, random)}));
                begin_turn(*rows_.back());
            }
        }

        /// The session reads what was drawn or heard since.
        void read_pending() {
            std::vector<std::int64_t> moved;
            std::vector<std::vector<token_id>> texts;
            for (std::size_t n = 0; n < rows_.size(); ++n) {
                if (rows_[n]->pending.empty() || rows_[n]->call) continue;
                moved.push_back(static_cast<std::int64_t>(n));
                texts.push_back(std::exchange(rows_[n]->pending, {}));
            }
            if (moved.empty()) return;
            const bool one_each = moved.size() == rows_.size() &&
                                  std::ranges::all_of(texts, [](const auto& text) { return text.size() == 1; });
            if (!one_each) return open_->session.append(moved, texts);
            std::vector<token_id> ids;
            for (const std::vector<token_id>& text : texts) ids.push_back(text.front());
            open_->session.advance(ids);
        }

        /// Draws a token for each completion whose turn it is; a turn that ends goes to the environment.
        void speak() {
            std::vector<std::int64_t> places;
            std::vector<row*> speaking;
            for (std::size_t n = 0; n < rows_.size(); ++n)
                if (!rows_[n]->call && !rows_[n]->over) {
                    places.push_back(static_cast<std::int64_t>(n));
                    speaking.push_back(rows_[n].get());
                }
            if (speaking.empty()) return;
            const at::Tensor& all = open_->session.hidden();
            const at::Tensor hidden =
                speaking.size() == rows_.size() ? all : all.index_select(0, to_device(places, all.device()));
            detail::draw_rows(
                model_.head(), hidden, sampler_.options_, sampler_.end_.ids(),
                [&](std::size_t n) { return std::ssize(speaking[n]->turn.ids); },
                [&](std::size_t n) { return speaking[n]->stream.uniform(speaking[n]->target->ids.size()); },
                [&](std::size_t n, const sampled_token& token) {
                    completion& to = *speaking[n]->target;
                    to.ids.push_back(token.id);
                    to.log_probs.push_back(token.log_prob);
                    to.behavior_log_probs.push_back(token.behavior_log_prob);
                    to.entropies.push_back(token.entropy);
                    speaking[n]->turn.ids.push_back(token.id);
                    speaking[n]->pending.push_back(token.id);
                });
            for (row* const r : speaking) end_turn(*r);
        }

        void end_turn(row& r) {
            turn& now = r.target->turns.back();
            now.end = std::ssize(r.target->ids);
            const std::int64_t room = std::min(sampler_.options_.max_new_tokens, r.room - now.begin);
            if (!sampler_.end_.reached(r.turn, room, sampler_.tokenizer_, sampler_.options_)) return;
            r.target->finish = r.turn.finish;
            now.said = sampler_.end_.text_of(r.turn, sampler_.tokenizer_, sampler_.options_);
            if (r.turn.finish == finish_reason::length) {  // it never finished what it had to say
                r.over = true;
                return;
            }
            r.call = pool_.begin([world = sampler_.environment_, talk = r.talk, said = now.said] {
                return environment_answer(talk->answer(said));
            });
        }

        static constexpr std::uint64_t environments = 0x454E5649524F4E4DULL;

        const turn_sampler& sampler_;
        const Model& model_;
        std::span<rollout_group> waiting_;
        std::int64_t group_size_;
        random_key key_;
        const group_notice& done_;
        std::deque<std::unique_ptr<row>> rows_;  // as in the session
        std::optional<open_session> open_;
        detail::answer_pool pool_;  // last: its threads end first
    };

    Tokenizer tokenizer_;
    std::shared_ptr<const Environment> environment_;
    sampling_options options_;
    turn_options turns_;
    Format format_;
    std::int64_t max_rows_;
    detail::completion_end end_;
};

}  // namespace aha
